import { resolve } from "node:path";
import type { Command } from "commander";
import colors from "picocolors";
import { settingsOf, withSettings } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { ClusterLoading, type NodeState } from "../../engine/cluster/loading.ts";
import { textOf } from "../../engine/cluster/position.ts";
import { exportTo, joinCluster } from "./moving.ts";

interface Options {
  readonly json?: boolean;
  readonly replace?: boolean;
}

export function clusterCommands(program: Command): void {
  const cluster = program
    .command("cluster")
    .description("move a database into a cluster of rqlite and out of it");
  const add = (usage: string, description: string) =>
    withSettings(cluster.command(usage), ["writer"])
      .option("--json", "print the result as JSON on standard output")
      .description(description);
  add("status", "show what each node holds; fails if one is missing or there is no leader").action(status);
  add(
    "join <file>",
    "load a database of one machine into the cluster, and compare what every node then holds",
  )
    .option("--replace", "give up the database that the cluster holds")
    .action(join);
  add("export <file>", "write the cluster's database to a new file, for one machine").action(exportFile);
}

async function status(options: Options): Promise<void> {
  const loading = new ClusterLoading(settingsOf({ ...options }).writer);
  try {
    const leader = await loading.leader().catch(() => null);
    const nodes = await loading.states();
    print(options.json, { leader, nodes: nodes.map(fields) }, () =>
      [`leader: ${leader ?? colors.red("none")}`, ...nodes.map(line)].join("\n"),
    );
    if (leader === null || nodes.some(({ position }) => position === null)) process.exitCode = 1;
  } finally {
    loading.close();
  }
}

const fields = ({ node, position }: NodeState) => ({ node, position: position && textOf(position) });

const line = ({ node, position }: NodeState): string =>
  `${node}  ${position === null ? colors.red("no answer, or no database") : textOf(position)}`;

async function join(file: string, options: Options): Promise<void> {
  const joined = await joinCluster(
    resolve(file),
    settingsOf({ ...options }).writer,
    options.replace ?? false,
  );
  print(options.json, joined, () => {
    const { rows, tables, sha256, nodes } = joined;
    return `${colors.green("loaded and compared:")} ${rows} rows of ${tables} tables on ${nodes.length} nodes, sha256 ${sha256}`;
  });
}

async function exportFile(file: string, options: Options): Promise<void> {
  const { writer } = settingsOf({ ...options });
  const moved = await exportTo(resolve(file), writer);
  print(options.json, { ...moved, file: resolve(file) }, () => {
    const { rows, tables, sha256 } = moved;
    return `${colors.green("written:")} ${rows} rows of ${tables} tables, sha256 ${sha256}`;
  });
}
