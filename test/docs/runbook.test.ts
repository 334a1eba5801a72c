import { describe, expect, test } from "vitest";
import { runbook } from "../../src/docs/runbook.ts";
import { bastion, secret, server, tailscale } from "../../src/index.ts";
import { outcomeRows } from "../../src/outcomes.ts";
import { resolved, webFleet, withCompose } from "../compose/support.ts";
import { compileGolden, goldenFleets, shippedFleet } from "../golden/golden-fleets.ts";

// Invariant: what a person on call reads is what the scripts do: every outcome, and the directories, names and ports of the tenant.
// If this breaks, somebody looks for a log at night in a directory that is not there.

describe.for([shippedFleet, ...goldenFleets])("the runbook of $name", (fleet) => {
  const files = async () => {
    const { artifacts } = await compileGolden(fleet);
    const content = (end: string) => artifacts.find(({ path }) => path.endsWith(end))?.content ?? "";
    return { page: content("/RUNBOOK.md"), tenant: settings(content("/tenant.conf")) };
  };

  test("has a row for each outcome, with its exit code and colour", async () => {
    const rows = cellsOf((await files()).page, "outcome");
    const expected = outcomeRows().map(([name, { exitCode, green }]) => [
      `\`${name}\``,
      `${exitCode}`,
      green ? "green" : "red",
    ]);
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual(expected);
  });

  test("names the directories, containers and ports that the server is told of, and no others", async () => {
    const { page, tenant } = await files();
    expect(page).toContain(`    cd ${tenant.deployment_path?.[0]}\n`);
    const places = cellsOf(page, "what");
    const under = (start: string) =>
      places.flatMap(([what = "", where = ""]) => (what.startsWith(start) ? [where.replaceAll("`", "")] : []));
    expect(under("Compose project")).toEqual(tenant.project);
    expect(under("container of")).toEqual(tenant.container ?? []);
    // The server makes the data directories' own subdirectories too.
    const data = under("data:");
    const isInside = (path: string) => data.some((outer) => path.startsWith(`${outer}/`));
    expect(tenant.directory ?? []).toEqual(expect.arrayContaining(data));
    expect((tenant.directory ?? []).filter((path) => !data.includes(path) && !isInside(path))).toEqual([]);
    expect(under("health")[0]).toMatch(new RegExp(`^curl -i http://127\\.0\\.0\\.1:${tenant.health_port?.[0]}/`));
  });

  test("is made of tables whose rows have as many cells as their heads", async () => {
    const tables = tablesOf((await files()).page);
    expect(tables).toHaveLength(2);
    for (const [head = [], rule = [], ...rows] of tables) {
      expect(rule.every((cell) => /^-+:?$/.test(cell))).toBe(true);
      for (const cells of [rule, ...rows]) expect(cells).toHaveLength(head.length);
    }
  });
});

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const address = { host: "10.0.0.9", hostKeys: [hostKey] };
const compose = 'services: { web: { image: ghcr.io/example/web, ports: ["8080:8080"] } }';

/** The runbook of one tenant on a server. `single` reads host, user and port from secrets too; the definition's are shown. */
function pageFor(on: ReturnType<typeof server>, ifUnreachable: "fail" | "catch-up" = "fail"): string {
  const definition = webFleet();
  Object.assign((definition as unknown as { tenants: { acme: object } }).tenants.acme, { on, ifUnreachable });
  return runbook(resolved(definition), "fleet.ts", withCompose("web", definition, compose).compose);
}

test.for<[string, ReturnType<typeof server>]>([
  ["ssh deploy@10.0.0.9", server(address)],
  ["ssh -p 2200 ops@10.0.0.9", server({ ...address, user: "ops", port: 2200 })],
  [
    "ssh -p <port> <user>@<host>",
    server({ ...address, host: secret("H"), user: secret("U"), port: secret("P"), home: "/h" }),
  ],
  [
    "ssh -J deploy@jump.example.com:22 deploy@10.0.0.9",
    server({ ...address, via: bastion({ host: "jump.example.com", hostKeys: [hostKey] }) }),
  ],
  [
    "ssh -J j@[2001:db8::1]:2222 deploy@10.0.0.9",
    server({ ...address, via: bastion({ host: "2001:db8::1", user: "j", port: 2222, hostKeys: [hostKey] }) }),
  ],
])("a person gets to the server by %s", ([command, on]) => expect(pageFor(on)).toContain(`    ${command}\n`));

test("it says what else is special about a server, and nothing of it for others", () => {
  const plain = pageFor(server(address));
  for (const words of ["tailnet", "stays green", "is refused until"]) expect(plain).not.toContain(words);
  expect(pageFor(server({ ...address, via: tailscale() }))).toContain("from a machine in the tailnet");
  expect(pageFor(server(address), "catch-up")).toContain("the job stays green with a warning");
});

/** The lines of a settings file by name. */
function settings(text: string): Record<string, string[] | undefined> {
  const lines = text.split("\n").filter((line) => /^[a-z_]+=/.test(line));
  const entries = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  const byName = Map.groupBy(entries, ([name]) => name);
  return Object.fromEntries(Array.from(byName, ([name, values]) => [name, values.map(([, value]) => value)]));
}

/** The cells of each table, row by row, its head and its rule among them. */
function tablesOf(markdown: string): string[][][] {
  return [...markdown.matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split("\n")
      .map((row) =>
        row
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  );
}

/** The rows below the head of the table whose first column is called so. */
function cellsOf(markdown: string, column: string): string[][] {
  return (
    tablesOf(markdown)
      .find(([head]) => head?.[0] === column)
      ?.slice(2) ?? []
  );
}
