import type { Transporter } from "nodemailer";
import type { Settings } from "../../../../shared/settings.ts";
import type { Logger } from "../../../engine/log.ts";
import type { Purpose } from "../links/commands.ts";

/** Milliseconds that the mail server may take for each step. */
const TIMEOUT_MS = 10_000;

type LinkMail = Exclude<Purpose, "setup">;

const MAILS: Readonly<Record<LinkMail, { subject: string; text: string }>> = {
  reset: {
    subject: "Choose a new password",
    text: "Somebody asked for a new password of your account. The link works once, for an hour:",
  },
  verify: {
    subject: "Confirm your e-mail address",
    text: "Confirm that this is your e-mail address. The link works once, for three days:",
  },
};

/** Sends the few mails there are, through the server of CHINOOK_SMTP_URL. */
export class Mailer {
  readonly #settings: Pick<Settings, "smtpUrl" | "mailFrom">;
  readonly #log: Logger;
  #transport: Promise<Transporter> | undefined;

  constructor(settings: Pick<Settings, "smtpUrl" | "mailFrom">, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  get enabled(): boolean {
    return this.#settings.smtpUrl !== "";
  }

  /** Does not keep the answer waiting, which would tell whether there is such an account: a failure is logged. */
  sendLink(purpose: LinkMail, to: string, url: string): void {
    if (!this.enabled) return;
    const { subject, text } = MAILS[purpose];
    const whole = `${text}\n\n${url}\n\nIf it was not you, nothing needs to be done.\n`;
    this.send(to, subject, whole).catch((error) => this.#log.error({ err: error }, "sending a mail failed"));
  }

  /** @throws what the mail server says. */
  async send(to: string, subject: string, text: string): Promise<void> {
    this.#transport ??= open(this.#settings.smtpUrl);
    const transport = await this.#transport;
    await transport.sendMail({
      from: { name: "Chinook Server", address: this.#settings.mailFrom },
      // As an object: a text would be parsed, and might name two.
      to: { name: "", address: to },
      subject,
      text,
      // Quoted-printable would break the link over lines.
      textEncoding: "base64",
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async close(): Promise<void> {
    (await this.#transport)?.close();
  }
}

/** Plain text to another machine is refused: `smtp:` must turn to TLS, except on loopback. */
async function open(url: string): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  const { protocol, hostname, port, username, password } = new URL(url);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    secure: protocol === "smtps:",
    requireTLS: !local,
    ignoreTLS: local && protocol === "smtp:",
    ...(port === "" ? {} : { port: Number(port) }),
    ...(username === ""
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
}
