import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";
import { CookieJar } from "tough-cookie";

/** A real OpenID Connect provider in the test's process, and a browser that can use it. */

/** Who can log in at the provider: by login name, what it says of them. */
export type Directory = Record<string, { email: string; email_verified: boolean; name: string }>;

export interface RunningProvider {
  readonly issuer: string;
  /** What `CHINOOK_OIDC` says of it. */
  readonly setting: string;
  /** What is done to each answer of the token endpoint before it is sent. */
  tamper: ((answer: Record<string, unknown>) => void) | undefined;
  stop(): Promise<void>;
}

const CLIENT = { client_id: "chinook", client_secret: "s3cret/with:signs" };

export async function startProvider(name: string, directory: Directory): Promise<RunningProvider> {
  const running: { tamper: RunningProvider["tamper"] } = { tamper: undefined };
  let provider: Provider;
  const server = createServer((request, response) => provider.callback()(request, response));
  await listen(server);
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  provider = new Provider(issuer, configurationFor(name, directory));
  provider.use(async (context, next) => {
    await next();
    if (context.path === "/token" && context.status === 200) running.tamper?.(context.body as never);
  });
  const [id, secret] = [CLIENT.client_id, CLIENT.client_secret].map(encodeURIComponent);
  return Object.assign(running, {
    issuer,
    setting: `${name}=${issuer.replace("://", `://${id}:${secret}@`)}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "localhost", resolve));

const configurationFor = (name: string, directory: Directory): Configuration => ({
  clients: [
    {
      ...CLIENT,
      grant_types: ["authorization_code"],
      response_types: ["code"],
      // Of these any port of loopback will do: the server's is known only after it was told of the provider.
      application_type: "native",
      redirect_uris: [`http://127.0.0.1/v1/oidc/${name}/callback`],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_, id) => directory[id] && { accountId: id, claims: () => ({ sub: id, ...directory[id]! }) },
  pkce: { required: () => true },
  cookies: { keys: ["for tests"] },
});

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

/** Follows redirects with its cookies, as a browser does. */
export class Browser {
  readonly jar = new CookieJar();
  /** Every URL that it was sent to. */
  readonly visited: URL[] = [];
  /** Changes where it is sent to; undefined stops it there. */
  redirect: (url: URL) => URL | undefined = (url) => url;

  async go(to: string | URL, form?: Readonly<Record<string, string>>): Promise<Page> {
    const url = new URL(to);
    const response = await fetch(url, {
      method: form === undefined ? "GET" : "POST",
      headers: { cookie: await this.jar.getCookieString(secure(url)) },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) await this.jar.setCookie(cookie, secure(url));
    const location = response.headers.get("location");
    const text = await response.text();
    if (!isRedirect(response.status) || location === null) return { url, status: response.status, text };
    const next = this.redirect(new URL(location, url));
    if (next === undefined) return { url: new URL(location, url), status: response.status, text };
    this.visited.push(next);
    return this.go(next);
  }

  /** From a URL that leads to the provider, through its pages, to where they lead. */
  async logIn(start: string | URL, login: string): Promise<Page> {
    let page = await this.go(start);
    for (let step = 0; step < 3 && page.url.pathname.startsWith("/interaction/"); step++) {
      const consent = page.text.includes('value="consent"');
      page = await this.go(
        page.url,
        consent ? { prompt: "consent" } : { prompt: "login", login, password: "x" },
      );
    }
    return page;
  }
}

/** As Chromium does, the jar takes this machine for secure. */
const secure = (url: URL): string => url.href.replace(/^http:/, "https:");
