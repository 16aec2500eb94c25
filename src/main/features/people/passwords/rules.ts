import { AppError } from "../../../../shared/errors.ts";
import { COMMON } from "./common.ts";

export const MIN_LENGTH = 8;
export const MAX_LENGTH = 256;

/**
 * Checks its length, and that it is not among the most common ones. No other rules. @throws AppError
 * `password_refused`.
 */
export function checkPassword(password: string): void {
  const { length } = [...password];
  if (length < MIN_LENGTH || length > MAX_LENGTH) {
    throw new AppError("password_refused", {
      detail: `expected ${MIN_LENGTH} to ${MAX_LENGTH} characters, got ${length}`,
    });
  }
  if (isCommon(password))
    throw new AppError("password_refused", { detail: "it is one of the most common passwords" });
}

const isCommon = (password: string): boolean => COMMON.has(password.normalize("NFKC").toLowerCase());
