import type { Command } from "commander";
import type { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { type Connected, connect, request } from "../../cli/database.ts";
import { onDatabase, settingsOf } from "../../cli/options.ts";
import { columns, print, printJson, say } from "../../cli/output.ts";
import { validate } from "../../http/input.ts";
import { backups } from "../backups/feature.ts";
import { OPERATOR_ACTIONS, type OperatorAction, type OperatorContext } from "./operators.ts";
import { PasswordPool } from "./passwords/pool.ts";
import { ROLES } from "./roles.ts";

interface Options {
  readonly json?: boolean;
}

export function peopleCommands(program: Command): void {
  userCommands(program.command("user").description("accounts of the people who use the server"));
  keyCommands(program.command("key").description("API keys of programs"));
  const audit = program.command("audit").description("what was changed by whom");
  onDatabase(audit.command("export"))
    .description("print all of the audit as JSON lines, oldest first")
    .action(exportAudit);
}

function userCommands(user: Command): void {
  onDatabase(user.command("create"))
    .description("make an account; without a password it prints a link to choose one")
    .requiredOption("--email <address>", "its e-mail address")
    .option("--role <role>", ROLES.join(", "), "listener")
    .option("--name <name>", "the person's name")
    .option("--password-stdin", "read the password from standard input")
    .action(async ({ email, role, name = null, passwordStdin, ...options }) => {
      const password = passwordStdin ? await readPassword() : null;
      show(options, await run(options, "create-user", { email, role, name, password }));
    });
  onDatabase(user.command("list"))
    .description("list the accounts")
    .action(async (options: Options) => {
      const { data } = (await run(options, "list-users", {})) as { data: Record<string, unknown>[] };
      const line = ({ id, email, role, status }: Record<string, unknown>) =>
        `${id}  ${email}  ${role}  ${status}`;
      print(options.json, data, () => data.map(line).join("\n"));
    });
  onDatabase(user.command("disable <email>"))
    .description("end the account's sessions and let nobody in as it")
    .action(async (email, options) => show(options, await run(options, "disable-user", { email })));
  onDatabase(user.command("reset-password <email>"))
    .description("print a link to choose a new password; it works once, for an hour")
    .action(async (email, options) => show(options, await run(options, "reset-password", { email })));
}

function keyCommands(key: Command): void {
  onDatabase(key.command("create"))
    .description("make an API key; it is shown this once")
    .requiredOption("--name <name>", "what it is for")
    .requiredOption("--scopes <scopes>", "what it may do, separated by commas")
    .option("--expires <time>", "when it ends, such as 90d")
    .option("--rate <number>", "requests a minute, a limit of its own")
    .option("--user <email>", "whose it is; without it the operator's")
    .action(async ({ name, scopes, expires, rate, user = null, ...options }) => {
      const input = {
        name,
        scopes: String(scopes).split(","),
        email: user,
        expires_at: expires === undefined ? null : expiryOf(expires),
        rate_per_minute: rate === undefined ? null : Number(rate),
      };
      show(options, await run(options, "create-key", input));
    });
  onDatabase(key.command("list"))
    .description("list the keys, without their secrets")
    .action(async (options: Options) => {
      const { data } = (await run(options, "list-keys", {})) as { data: Record<string, unknown>[] };
      const line = ({ id, name, user_id, scopes }: Record<string, unknown>) =>
        `${id}  ${name}  user ${user_id}  ${scopes}`;
      print(options.json, data, () => data.map(line).join("\n"));
    });
  onDatabase(key.command("revoke <id>"))
    .description("let no request pass with the key any more")
    .action(async (id, options) => show(options, await run(options, "revoke-key", { id: Number(id) })));
}

/** Through the server that holds the database, or with a writer of its own. */
async function run(options: object, name: OperatorAction, input: unknown): Promise<unknown> {
  const settings = settingsOf({ ...options });
  // On an empty machine the first account comes before the first start.
  const connected = await connect(settings, backups.beforeMigration, name.startsWith("create-"));
  try {
    return await runOn(connected, settings, name, input);
  } finally {
    await connected.close();
  }
}

/** What an operator does, through the server that holds the database or on the file itself. */
export async function runOn(
  { through }: Connected,
  settings: Settings,
  name: OperatorAction,
  input: unknown,
) {
  if ("server" in through)
    return JSON.parse(await request(through.server, "POST", `/admin/people/${name}`, input));
  const action = OPERATOR_ACTIONS[name] as {
    input: z.ZodType;
    run: (context: OperatorContext, input: unknown) => unknown;
  };
  const passwords = new PasswordPool();
  try {
    const actor = { principal: "operator", credential: null, address: null, requestId: null };
    const context = { commands: through.writes.commands, passwords, actor, origin: originOf(settings) };
    return await action.run(context, given(action.input, input));
  } finally {
    await passwords.close();
  }
}

/** Wrong input is wrong usage here. */
function given(schema: z.ZodType, input: unknown): unknown {
  try {
    return validate(schema, input, "pointer");
  } catch (error) {
    if (!(error instanceof AppError && error.errors !== undefined)) throw error;
    const detail = error.errors.map(
      (wrong) => `${"pointer" in wrong ? wrong.pointer : wrong.parameter} ${wrong.detail}`,
    );
    throw new AppError("usage", { detail: detail.join("\n") });
  }
}

const originOf = ({ publicUrl, host, port }: Settings): string =>
  publicUrl === "" ? `http://${host}:${port}` : publicUrl.replace(/\/+$/, "");

function show(options: Options, result: unknown): void {
  const rows = Object.entries(result as Record<string, unknown>).map(
    ([name, value]) => [name, String(value ?? "–")] as const,
  );
  print(options.json, result, () => columns(rows));
}

/** Never as an argument: those are seen by every user of the machine, and kept in a shell's history. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) say("The password, then Enter and Ctrl-D:");
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return text.replace(/\r?\n$/, "");
}

const DAY_MS = 86_400_000;

function expiryOf(text: string): string {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) {
    throw new AppError("usage", {
      detail: `--expires: expected a time such as 90d or 12h, got ${JSON.stringify(text)}`,
    });
  }
  return new Date(Date.now() + Number(count) * (unit === "d" ? DAY_MS : DAY_MS / 24)).toISOString();
}

async function exportAudit(options: Options): Promise<void> {
  const settings = settingsOf({ ...options });
  const connected = await connect(settings, backups.beforeMigration);
  try {
    for (let after = 0; ; ) {
      const { data } = (await runOn(connected, settings, "export-audit", { after })) as {
        data: { id: number }[];
      };
      for (const entry of data) printJson(entry);
      if (data.length === 0) return;
      after = data.at(-1)!.id;
    }
  } finally {
    await connected.close();
  }
}
