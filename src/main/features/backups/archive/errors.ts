import { AppError, fromFailure, toFailure } from "../../../../shared/errors.ts";

/** Maps an error to the registry by what it means for the caller. The message keeps the details. */
export function toBackupError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, message: detail } = toFailure(error);
  if (code === "ENOSPC" || code === "EDQUOT") return new AppError("disk_full", { detail, cause: error });
  const known = fromFailure({ code, message: detail }).code;
  return new AppError(known === "internal" ? "backup_failed" : known, { detail, cause: error });
}
