export interface Backup {
  readonly id: string;
  readonly reason: "manual" | "scheduled" | "migration" | "replacement";
  readonly created_at: string;
  readonly schema_version: number;
  readonly bytes: number;
  readonly database_bytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

export type Place = "folder" | "bucket";
