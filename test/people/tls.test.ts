import { copyFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { chinook, temporaryFolder } from "../support/server.ts";
import { findProgram, run } from "../support/tools.ts";
import { operator, startRequired } from "./support.ts";

const openssl = findProgram("openssl");

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of its own making, for a name that is not the address. */
function makePair(name: string): Pair {
  const folder = temporaryFolder();
  const pair = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const { code, said } = run(
    openssl!,
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", `/CN=${name}`, "-keyout", pair.key, "-out", pair.cert],
    ],
    folder,
  );
  expect(code, said).toBe(0);
  return pair;
}

const startWith = ({ cert, key }: Pair) => startRequired({ CHINOOK_TLS_CERT: cert, CHINOOK_TLS_KEY: key });

/** Whom a new connection meets. */
function nameAt(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    }).on("error", reject);
  });
}

describe.skipIf(openssl === undefined)("a server with a certificate (needs openssl)", () => {
  test("takes a new one while it serves, and no half of one", async () => {
    const [first, second] = [makePair("first.example.com"), makePair("second.example.com")];
    await using server = await startWith(first);
    expect(server.url).toMatch(/^https:/);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    onTestFinished(() => agent.destroy());
    const alive = () =>
      new Promise<number>((resolve, reject) => {
        request(`${server.url}/livez`, { agent }, (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode!));
        })
          .on("error", reject)
          .end();
      });
    expect(await alive()).toBe(200);
    expect(await nameAt(server.url)).toBe("first.example.com");

    copyFileSync(second.key, first.key);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(await nameAt(server.url)).toBe("first.example.com");

    copyFileSync(second.cert, first.cert);
    await expect.poll(() => nameAt(server.url), { timeout: 20_000 }).toBe("second.example.com");
    expect(await alive()).toBe(200);
  });

  test("is reached by the machine's own commands", async () => {
    await using server = await startWith(makePair("music.example.com"));
    expect((await operator(server, "user", "create", "--email", "ada@example.com")).id).toBeGreaterThan(0);
    expect(
      await operator(server, "key", "create", "--name", "k", "--scopes", "catalogue:read"),
    ).toHaveProperty("key");
    expect(await operator(server, "health-check")).toHaveProperty("checks");
    const settings = { CHINOOK_DATABASE: server.database };
    for (const command of [
      ["generate", "--tracks", "100", "--seed", "1"],
      ["backup", "create"],
      ["audit", "export"],
    ]) {
      const { code, stderr } = await chinook(command, settings);
      expect(code, `${command.join(" ")}: ${stderr}`).toBe(0);
    }
    expect(server.stderr()).not.toContain("internal");
  });

  test("does not start with a key of another certificate, or with none", async () => {
    const [one, other] = [makePair("one"), makePair("other")];
    await expect(startWith({ cert: one.cert, key: other.key })).rejects.toThrow(
      /listen_failed|cannot use the certificate/,
    );
    const empty = join(temporaryFolder(), "empty.pem");
    writeFileSync(empty, "");
    await expect(startWith({ cert: empty, key: one.key })).rejects.toThrow(/cannot use the certificate/);
  });
});
