import type { Configuration } from "openid-client";
import { AppError } from "../../../../shared/errors.ts";
import type { Logger } from "../../../engine/log.ts";
import { email, name } from "../accounts/fields.ts";
import type { Attempt } from "./attempts.ts";

/** Seconds that the provider may take for each answer. */
const TIMEOUT_S = 5;
const SCOPE = "openid email profile";

/** What a provider says of a person. */
export interface Claims {
  /** Never changes, and is unique at this provider. */
  readonly subject: string;
  readonly email: string | null;
  /** Whether the provider vouches for the address. */
  readonly verified: boolean;
  readonly name: string | null;
}

type Secrets = Pick<Attempt, "state" | "nonce" | "verifier">;

const library = () => import("openid-client");

/**
 * One OpenID Connect provider, found by discovery when it is first needed: authorization code with PKCE, state and
 * nonce. The signature of the ID token is verified. Tokens are used once, to ask who it is, and not kept.
 */
export class Provider {
  readonly name: string;
  readonly #url: URL;
  readonly #log: Logger;
  #configuration: Promise<Configuration> | undefined;

  /** @param setting `NAME=https://CLIENT:SECRET@ISSUER`, as CHINOOK_OIDC has it. */
  constructor(setting: string, log: Logger) {
    const at = setting.indexOf("=");
    this.name = setting.slice(0, at);
    this.#url = new URL(setting.slice(at + 1));
    this.#log = log;
  }

  /** @throws AppError `provider_unavailable`. @returns where the browser goes, and what its answer is held against. */
  async begin(redirectUri: string): Promise<{ readonly url: URL; readonly secrets: Secrets }> {
    const client = await library();
    const configuration = await this.#configured();
    const secrets = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: SCOPE,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: "S256",
    });
    return { url, secrets };
  }

  /** @param answer the URL that the browser came back to. @throws AppError `oidc_failed`, `provider_unavailable`. */
  async finish({ state, nonce, verifier }: Secrets, answer: URL): Promise<Claims> {
    const { authorizationCodeGrant, fetchUserInfo } = await library();
    const configuration = await this.#configured();
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    try {
      const tokens = await authorizationCodeGrant(configuration, answer, {
        ...checks,
        idTokenExpected: true,
      });
      const { sub } = tokens.claims()!;
      return claimsOf(sub, await fetchUserInfo(configuration, tokens.access_token, sub));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #configured(): Promise<Configuration> {
    this.#configuration ??= this.#discover().catch((error: unknown) => {
      this.#configuration = undefined;
      this.#log.warn({ provider: this.name, err: error }, "a login provider was not found");
      throw unavailable(this.name, error);
    });
    return this.#configuration;
  }

  async #discover(): Promise<Configuration> {
    const { allowInsecureRequests, ClientSecretBasic, discovery, enableNonRepudiationChecks } =
      await library();
    const { origin, pathname, protocol, username, password } = this.#url;
    const secret = decodeURIComponent(password);
    return discovery(
      new URL(origin + pathname.replace(/\/$/, "")),
      decodeURIComponent(username),
      secret,
      ClientSecretBasic(secret),
      {
        timeout: TIMEOUT_S,
        // Without it the library trusts the connection, and not the signature.
        execute: [enableNonRepudiationChecks, ...(protocol === "http:" ? [allowInsecureRequests] : [])],
      },
    );
  }

  #failure(error: unknown): AppError {
    this.#log.warn({ provider: this.name, err: error }, "a login at a provider failed");
    return isOutage(error)
      ? unavailable(this.name, error)
      : failed("the provider's answer is not valid", error);
  }
}

export const failed = (detail: string, cause?: unknown): AppError =>
  new AppError("oidc_failed", { detail, cause });

const unavailable = (name: string, cause: unknown): AppError =>
  new AppError("provider_unavailable", { detail: `${name} does not answer`, cause });

/** The provider was not reached, did not answer in time, or is broken itself. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, status, cause } = error as Error & { code?: string; status?: number; cause?: unknown };
  if (code === "OAUTH_TIMEOUT" || (status ?? 0) >= 500) return true;
  return error instanceof TypeError ? error.message === "fetch failed" : isOutage(cause);
}

const claimsOf = (subject: string, info: Readonly<Record<string, unknown>>): Claims => ({
  subject,
  email: email.safeParse(info.email).data ?? null,
  verified: info.email_verified === true,
  name: name.safeParse(info.name).data ?? null,
});
