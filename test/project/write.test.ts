import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan } from "../../src/project/apply-plan.ts";
import { MANIFEST, parseManifest } from "../../src/project/manifest.ts";
import { planWrites } from "../../src/project/write-plan.ts";
import { scratchFolder, writeFiles } from "../support/scratch.ts";
import { file, treeOf, write } from "./tree.ts";

let root: string;
beforeEach(() => {
  root = scratchFolder("write");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (path: string) => join(root, path);
const link = (target: string, path: string, files: Record<string, string> = {}) => {
  writeFiles(root, files);
  mkdirSync(dirname(at(path)), { recursive: true });
  symlinkSync(target, at(path));
};
const manifest = () => parseManifest(readFileSync(at(MANIFEST), "utf8"));

// Invariant: what is on disk afterwards is what was compiled, and no person edits it by accident.
describe("writing", () => {
  test("gives files 0444, programs 0555, whatever the umask", () => {
    const umask = process.umask(0o077);
    try {
      write(root, [file("a/data", "1\n"), file("a/b/run.sh", "#!\n", true)]);
    } finally {
      process.umask(umask);
    }
    expect(treeOf(root)).toMatchObject({ "a/data": "444 1\n", "a/b/run.sh": "555 #!\n" });
    expect(manifest()).toEqual(["a/b/run.sh", "a/data"]);
  });

  test("overwrites what a person changed in a generated file", () => {
    write(root, [file("a", "1\n")]);
    chmodSync(at("a"), 0o644);
    writeFileSync(at("a"), "edited\n");
    expect(write(root, [file("a", "1\n")]).writes).toHaveLength(1);
    expect(treeOf(root)).toMatchObject({ a: "444 1\n" });
  });

  test("a second run writes nothing and touches no file's time", () => {
    const artifacts = [file("a"), file("b/c", "x", true)];
    write(root, artifacts);
    const paths = ["a", "b/c", MANIFEST];
    for (const path of paths) utimesSync(at(path), 1000, 1000);
    const plan = write(root, artifacts);
    expect([plan.writes, plan.removals, plan.protect]).toEqual([[], [], []]);
    expect(paths.map((path) => statSync(at(path)).mtimeMs)).toEqual([1_000_000, 1_000_000, 1_000_000]);
  });

  test("the write bits that git's checkout gives are taken away without counting as a change", () => {
    write(root, [file("a"), file("b", "x", true)]);
    chmodSync(at("a"), 0o644);
    chmodSync(at("b"), 0o755);
    expect(write(root, [file("a"), file("b", "x", true)]).writes).toEqual([]);
    expect(statSync(at("a")).mode & 0o777).toBe(0o444);
    expect(statSync(at("b")).mode & 0o777).toBe(0o555);
  });

  test("a lost executable bit, which git does see, counts as a change", () => {
    write(root, [file("b", "x", true)]);
    chmodSync(at("b"), 0o644);
    expect(write(root, [file("b", "x", true)]).writes.map(({ path }) => path)).toEqual(["b"]);
    expect(statSync(at("b")).mode & 0o777).toBe(0o555);
  });
});

// Invariant: what nothing generates any more goes, and nothing else does.
describe("orphans", () => {
  test("go together with the folders that they leave empty", () => {
    write(root, [file("g/old/deep/a"), file("g/old/b"), file("g/new/c")]);
    writeFiles(root, { "g/mine/d": "mine" });
    expect([...write(root, [file("g/new/c")]).removals].sort()).toEqual(["g/old/b", "g/old/deep/a"]);
    expect(Object.keys(treeOf(root)).sort()).toEqual([MANIFEST, "g/mine/d", "g/new/c"]);
    expect(manifest()).toEqual(["g/new/c"]);
  });

  test("a folder that holds a person's file stays", () => {
    write(root, [file("g/a")]);
    writeFiles(root, { "g/notes.md": "mine" });
    write(root, []);
    expect(Object.keys(treeOf(root)).sort()).toEqual([MANIFEST, "g/notes.md"]);
  });

  test("after a checkout, the header tells that one is ours", () => {
    write(root, [file("a"), file("b", "no header")]);
    chmodSync(at("a"), 0o644);
    chmodSync(at("b"), 0o644);
    const plan = write(root, []);
    expect([plan.removals, plan.left]).toEqual([["a"], ["b"]]);
    expect(manifest()).toEqual([]);
    expect(write(root, []).left).toEqual([]);
  });

  test("a read-only file without our mark is a person's, whatever the manifest says", () => {
    writeFiles(root, { "src/server.js": "mine\n", [MANIFEST]: "src/server.js\n" });
    chmodSync(at("src/server.js"), 0o444);
    expect(write(root, []).left).toEqual(["src/server.js"]);
    expect(treeOf(root)).toMatchObject({ "src/server.js": "444 mine\n" });
  });

  test("one that is gone already is no problem", () => {
    write(root, [file("g/a")]);
    rmSync(at("g"), { recursive: true });
    expect(write(root, []).problems).toEqual([]);
    expect(manifest()).toEqual([]);
  });

  test.each(["../outside", "/etc/hostname", ".git/config", "a/../../outside"])(
    "a manifest that names %s is refused",
    (line) => {
      const folder = at("repository");
      writeFiles(root, { outside: "mine", [`repository/${MANIFEST}`]: `${line}\n`, "repository/.git/config": "git's" });
      chmodSync(at("outside"), 0o444);
      const before = treeOf(root);
      expect(() => write(folder, [file("a")])).toThrow(
        /nothing was written: .*tenantry\.txt: its line .* delete that line/,
      );
      expect(treeOf(root)).toEqual(before);
    },
  );

  test("behind a link are not reached", () => {
    write(root, [file("g/a")]);
    rmSync(at("g"), { recursive: true });
    writeFiles(root, { "elsewhere/a": "# Generated by Tenantry\n" });
    symlinkSync("elsewhere", at("g"));
    write(root, []);
    expect(treeOf(root)).toMatchObject({ "elsewhere/a": "644 # Generated by Tenantry\n", g: "-> elsewhere" });
  });

  test("a link in the place of one is left alone", () => {
    write(root, [file("a")]);
    rmSync(at("a"));
    writeFiles(root, { target: "# Generated by Tenantry\n" });
    symlinkSync("target", at("a"));
    expect(write(root, []).left).toEqual(["a"]);
    expect(treeOf(root)).toMatchObject({ a: "-> target", target: "644 # Generated by Tenantry\n" });
  });

  test("make room: a file becomes a folder, and a folder a file", () => {
    write(root, [file("a"), file("b/c/d"), file("b/e")]);
    write(root, [file("a/x/y"), file("b")]);
    expect(Object.keys(treeOf(root)).sort()).toEqual([MANIFEST, "a/x/y", "b"]);
  });
});

// Invariant: whatever Tenantry did not write is never changed. One thing in the way, and nothing at all is written.
describe("in the way", () => {
  test.each<[title: string, prepare: () => void, problem: RegExp]>([
    ["a person's file", () => writeFiles(root, { "g/a": "mine" }), /^g\/a: a file is in the way that Tenantry did not/],
    ["a link at the file's place", () => link("../t", "g/a", { t: "x" }), /^g\/a: a symbolic link/],
    ["a dangling link", () => link("nowhere", "g/a"), /^g\/a: a symbolic link/],
    ["a link at a folder's place", () => link("t", "g", { "t/x": "" }), /^g: a symbolic link stands where a folder/],
    ["a link out of the repository", () => link("/", "g"), /^g: a symbolic link/],
    ["a file at a folder's place", () => writeFiles(root, { g: "mine" }), /^g: a file stands where a folder is needed/],
    ["a folder with a file in it", () => writeFiles(root, { "g/a/b/c": "mine" }), /^g\/a: .* that holds g\/a\/b\/c/],
    ["a link at the manifest's folder", () => link("t", ".projen", { "t/x": "" }), /^\.projen: a symbolic link/],
    ["a link at the manifest", () => link("../t", MANIFEST, { t: "" }), /tenantry\.txt: something/],
  ])("%s stops everything", (_, prepare, problem) => {
    prepare();
    const before = treeOf(root);
    const plan = planWrites({ root, directory: "" }, [file("g/a"), file("other")]);
    expect(plan.problems).toEqual([expect.stringMatching(problem)]);
    expect(() => applyPlan(plan)).toThrow("nothing was written");
    expect(treeOf(root)).toEqual(before);
  });

  test("all problems are named at once", () => {
    writeFiles(root, { a: "mine", b: "mine", d: "mine" });
    expect(planWrites({ root, directory: "" }, [file("b"), file("a"), file("c"), file("d/e")]).problems).toHaveLength(
      3,
    );
  });

  test("a file with the very content that we would write is taken over, as after a lost manifest", () => {
    write(root, [file("a"), file("b")]);
    rmSync(at(MANIFEST));
    expect(write(root, [file("a"), file("b")]).writes).toEqual([]);
    expect(manifest()).toEqual(["a", "b"]);
  });
});

// Invariant: an application's own repository keeps what is its own; Tenantry writes its folder and .github only.
test("a project in a folder of the repository keeps its manifest there and writes .github at the root", () => {
  writeFiles(root, {
    "package.json": '{"packageManager":"pnpm@10.0.0"}',
    "pnpm-lock.yaml": "lock",
    ".github/workflows/test.yml": "theirs",
  });
  const artifacts = [file(".github/workflows/deploy-prd.yml"), file("deploy/generated/production/deploy.sh")];
  write(root, artifacts, "deploy");
  expect(Object.keys(treeOf(root)).sort()).toEqual([
    ".github/workflows/deploy-prd.yml",
    ".github/workflows/test.yml",
    `deploy/${MANIFEST}`,
    "deploy/generated/production/deploy.sh",
    "package.json",
    "pnpm-lock.yaml",
  ]);
  write(root, [], "deploy");
  expect(Object.keys(treeOf(root)).sort()).toEqual([
    ".github/workflows/test.yml",
    `deploy/${MANIFEST}`,
    "package.json",
    "pnpm-lock.yaml",
  ]);
});
