/** The rqlite nodes of a setting such as `rqlite://user:password@one:4001,two:4001`. */
export interface Nodes {
  /** Base URLs. The first is the node whose file this server reads. */
  readonly urls: readonly string[];
  /** The value of `Authorization`, if the cluster asks for one. */
  readonly authorization: string | undefined;
}

const FORM = /^rqlite:\/\/(?:(?<login>[^@/]*)@)?(?<hosts>[^@/]+)\/?$/;

/** @param setting valid by {@link rqliteNodes} of the settings. */
export function nodesOf(setting: string): Nodes {
  const { login, hosts = "" } = FORM.exec(setting)?.groups ?? {};
  const text = login === undefined ? undefined : login.split(":").map(decodeURIComponent).join(":");
  return {
    urls: hosts.split(",").map((host) => `http://${host}`),
    authorization: text === undefined ? undefined : `Basic ${Buffer.from(text).toString("base64")}`,
  };
}
