import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { outcomeRows } from "../../src/outcomes.ts";
import { digest, ServerBench } from "./support/server-bench.ts";

const A = digest("a");
const benches: ServerBench[] = [];
afterAll(() => {
  for (const bench of benches) bench.remove();
});

function serverBench(): ServerBench {
  const bench = new ServerBench();
  benches.push(bench);
  return bench;
}

// Invariant: a line of the settings that does not fit ends the deploy before anything is touched.
const replace = (key: string, value: string) => (lines: string[]) =>
  lines.map((line) => (line.startsWith(`${key}=`) ? `${key}=${value}` : line));
const drop = (key: string) => (lines: string[]) => lines.filter((line) => !line.startsWith(`${key}=`));
const add = (line: string) => (lines: string[]) => [...lines, line];
test.concurrent.each<[string, (lines: string[]) => string[], RegExp]>([
  ["no key", add("hello"), /not key=value/],
  ["a key in capitals", add("FLEET=x"), /not key=value/],
  ["a space around", add("fleet = x"), /not key=value/],
  ["a key twice", add("fleet=minimal"), /fleet is there twice/],
  ["an unknown key", add("proxy=x"), /unknown setting proxy/],
  ["the request's key", add(`digest=${A}`), /unknown setting digest/],
  ["a control character", add("expect=A=\u0007"), /control character/],
  ["a carriage return", add("expect=A=b\r"), /control character/],
  ["another format", replace("format", "2"), /format is missing or malformed/],
  ["another fleet", replace("fleet", "staging"), /of the fleet 'staging'/],
  ["a relative path", replace("deployment_path", "home/x"), /deployment_path/],
  ["a path with a space", replace("deployment_path", "/home/a b"), /deployment_path/],
  ["a path that goes up", replace("deployment_path", "/home/../etc"), /goes up and down/],
  ["a path that ends in a point", replace("deployment_path", "/home/."), /goes up and down/],
  ["a directory that goes up", add("directory=/home/../etc"), /goes up and down/],
  ["a directory with a star", add("directory=/home/*"), /malformed directory/],
  ["a service that is an option", add("service=--all"), /malformed service/],
  ["a container with a space", add("container=a b"), /malformed container/],
  ["an expectation without a value", add("expect=A"), /malformed expect/],
  ["no service", drop("service"), /no service of the fleet's image/],
  ["no project", drop("project"), /project is missing/],
  ["a platform that is none", replace("platform", "linux/riscv64"), /platform/],
  ["a port with a leading zero", replace("health_port", "08080"), /health_port/],
  ["ports with a comma", replace("ports", "1,2"), /ports/],
  ["an image that is an option", replace("image", "--help"), /image/],
])("tenant.conf with %s is refused", async (_, change, message) => {
  const bench = serverBench();
  const result = await bench.deploy({ release: 100, digest: A, tenant: change(bench.tenantLines()) });
  expect(result).toMatchObject({ code: 21, result: { outcome: "refused", message: expect.stringMatching(message) } });
  expect(bench.calls).toEqual([]);
  expect(bench.has(".tenantry")).toBe(false);
});

test.concurrent.each<[string, (lines: string[]) => string[], RegExp]>([
  ["a path in the request", replace("request", "../x"), /request is missing or malformed/],
  ["a release of zero", replace("release", "0"), /release/],
  ["a release that overflows", replace("release", "9".repeat(19)), /release/],
  ["a digest in capitals", replace("digest", A.toUpperCase()), /digest/],
  ["no person", drop("person"), /person/],
  ["a list", add("directory=/x"), /unknown setting directory/],
])("request.conf with %s is refused", async (_, change, message) => {
  const bench = serverBench();
  const result = await bench.deploy({
    release: 100,
    digest: A,
    request: change(bench.requestLines({ release: 100, digest: A })),
  });
  expect(result).toMatchObject({ code: 21, result: { outcome: "refused", message: expect.stringMatching(message) } });
});

test.concurrent.each<[string, string]>([
  ["deploy", "tenantry.nowhere"],
  ["deploy", ""],
  ["hello", "."],
])("a call with %s and %j is a usage error", async (verb, folder) => {
  const bench = serverBench();
  const { run } = await import("../support/run.ts");
  const file = join(bench.root, "server.sh");
  writeFileSync(file, bench.script);
  expect((await run("bash", [file, verb, folder && join(bench.root, folder)], { env: bench.env() })).code).toBe(64);
});

// Invariant: the script's constants are the table's.
test("outcomes and exit codes", async () => {
  const bench = serverBench();
  for (const [name, { exitCode }] of outcomeRows()) {
    const { stdout } = await bench.evaluate(`outcome_code ${name}; echo; outcome_of ${exitCode}`);
    expect(stdout).toBe(`${exitCode}\n${name}`);
  }
  expect((await bench.evaluate(`outcome_code ''; outcome_code '@'; outcome_of 1`)).stdout).toBe("4040unknown");
});

test("every outcome has an exit code of its own that no shell and no ssh uses", () => {
  const codes = outcomeRows().map(([, { exitCode }]) => exitCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes.slice(1)) {
    expect([1, 2, 64, 255]).not.toContain(code);
    expect(code).toBeLessThan(124);
  }
});

// Invariant: what only the server can know is checked before anything is touched.
test.concurrent.each<[string, (bench: ServerBench) => void, RegExp | undefined]>([
  ["Compose 2.24.3", (bench) => bench.set("compose-version", "2.24.3"), /Docker Compose is 2.24.3/],
  ["Compose 2.24.4", (bench) => bench.set("compose-version", "2.24.4"), undefined],
  ["Compose v2.26.1-desktop.1", (bench) => bench.set("compose-version", "v2.26.1-desktop.1"), undefined],
  ["Compose 5.0.0", (bench) => bench.set("compose-version", "5.0.0"), undefined],
  ["Compose 2.9.0", (bench) => bench.set("compose-version", "2.9.0"), /Docker Compose is 2.9.0/],
  ["Compose 1.29.2", (bench) => bench.set("compose-version", "1.29.2"), /Docker Compose is 1.29.2/],
  ["Compose without a number", (bench) => bench.set("compose-version", "dev"), /Docker Compose is missing/],
  ["an engine that does not answer", (bench) => bench.set("version", "\n"), /engine does not answer/],
  ["engine 19.03.15", (bench) => bench.set("version", "19.03.15"), /engine is 19.03.15/],
  ["engine 20.10.24+dfsg1", (bench) => bench.set("version", "20.10.24+dfsg1"), undefined],
  ["an arm64 server", (bench) => bench.set("uname", "aarch64"), /this server is aarch64/],
  ["little room", (bench) => bench.set("df", "2047 1000000 900000"), /2047 MB free/],
  ["just enough room", (bench) => bench.set("df", "2048 1000000 900000"), undefined],
  ["few inodes", (bench) => bench.set("df", "50000 1000000 19999"), /19999 inodes free/],
  ["a file system without inodes", (bench) => bench.set("df", "50000 0 0"), undefined],
  ["a file system that says nothing", (bench) => bench.set("df", "- - -"), undefined],
  ["logind that kills", (bench) => bench.set("busctl", "b true"), /KillUserProcesses/],
  ["logind that does not", (bench) => bench.set("busctl", "b false"), undefined],
  [
    "a port of another project",
    (bench) =>
      bench.container("n1", {
        project: "neighbour",
        service: "web",
        name: "neighbour_web",
        status: "running",
        image: "x",
        reference: "x",
        ports: String(bench.port),
      }),
    /published by the container neighbour_web/,
  ],
  [
    "a container's name of another project",
    (bench) =>
      bench.container("n1", {
        project: "neighbour",
        service: "web",
        name: "hello_main_web",
        status: "exited",
        image: "x",
        reference: "x",
        ports: "",
      }),
    /container hello_main_web belongs to neighbour/,
  ],
  [
    "a container's name that nobody's Compose made",
    (bench) =>
      bench.container("n1", {
        project: "",
        service: "",
        name: "hello_main_web",
        status: "exited",
        image: "x",
        reference: "x",
        ports: "",
      }),
    /belongs to nobody known/,
  ],
  ["compose.yaml beside", (bench) => bench.write("compose.yaml", ""), /compose.yaml would be read/],
  [
    "compose.override.yml beside",
    (bench) => bench.write("compose.override.yml", ""),
    /compose.override.yml would be read/,
  ],
  [
    "a `current` that is a folder",
    (bench) => mkdirSync(join(bench.directory, "current")),
    /current does not name a release/,
  ],
])("%s", async (_, prepare, message) => {
  const bench = serverBench();
  prepare(bench);
  const result = await bench.deploy({ release: 100, digest: A });
  expect(result.result.outcome, result.stderr).toBe(message === undefined ? "deployed" : "refused");
  if (message) expect(result.result.message).toMatch(message);
  expect(bench.calls.some((call) => call.startsWith("pull"))).toBe(message === undefined);
});

test("all problems are told in one run", async () => {
  const bench = serverBench();
  bench.set("uname", "aarch64");
  bench.set("df", "5 1000000 5");
  bench.write("compose.yaml", "");
  const { result, stderr } = await bench.deploy({ release: 100, digest: A });
  // The folder's and the engine's disk are one here, but are looked at one by one.
  expect(stderr.match(/problem:/g)).toHaveLength(6);
  expect(stderr.match(/fix:/g)).toHaveLength(6);
  expect(result.message).toMatch(/and 5 more/);
});

test.each(["127.0.0.1", "::1", "0.0.0.0"])("a port that another program holds on %s", async (address) => {
  const bench = serverBench();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(bench.port, address, resolve);
  });
  const result = await bench.deploy({ release: 100, digest: A });
  await new Promise((resolve) => server.close(resolve));
  expect(result.result).toMatchObject({
    outcome: "refused",
    message: expect.stringMatching(/held by another program/),
  });
});
