import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { shellWord } from "../../src/scripts/quote.ts";
import { deployScript, imageScript, reportScript } from "../../src/scripts/runner-scripts.ts";
import { serverScript } from "../../src/scripts/server-script.ts";
import { run } from "../support/run.ts";
import { inScratch } from "../support/scratch.ts";
import { fleetWith } from "./support/fleet.ts";

// Invariant: a value arrives in the shell as it is, and nothing in it is program text.
const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom("'", '"', "\\", "$(id)", "`id`", "\n", "\r", "$IFS", "!", "*", "~", "-n", "#", ";", "é", " "),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);
// A NUL cannot be carried; a lone surrogate is no text.
const carried = nasty.filter((value) => !value.includes("\0") && value.isWellFormed());

test("a word comes back from bash as it was", async () => {
  const values = fc.sample(carried, { numRuns: 400, seed: 11 });
  const program = values.map((value) => `printf '%s\\0' ${shellWord(value)}`).join("\n");
  const { stdout } = await run("bash", ["-c", program], { env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" } });
  expect(stdout.split("\0").slice(0, -1)).toEqual(values);
});

test.each([undefined, null, {}, ["a"], () => 1])("%s is no word", (value) => {
  expect(() => shellWord(value)).toThrow(TypeError);
});

test("a NUL is no word", () => expect(() => shellWord("a\0")).toThrow(RangeError));

const hostile = `x'"$(touch never)\`id\`\n#}`;

test("hostile fields of a fleet are text in every script", async () => {
  const fleet = fleetWith();
  const image = {
    ...fleet.app.image,
    kind: "build",
    repository: hostile,
    context: hostile,
    dockerfile: hostile,
    args: { A: hostile },
  } as typeof fleet.app.image;
  const follow = {
    kind: "follow",
    repository: hostile,
    workflow: hostile,
    tag: "sha-{sha}",
    waitMinutes: 1,
  } as unknown as typeof fleet.app.image;
  const evil = {
    ...fleet,
    name: hostile,
    app: {
      ...fleet.app,
      secrets: [hostile],
      optionalSecrets: [hostile],
      health: { ...fleet.app.health, path: hostile },
    },
  };
  const scripts = {
    server: [serverScript(evil, "s"), "$FLEET|$HEALTH_PATH|${SECRETS[0]}"],
    deploy: [deployScript(evil, "s", hostile), "$COMPOSE_FILE"],
    report: [reportScript(evil, "s"), "$FLEET"],
    image: [imageScript(image, "s", ["linux/amd64"], [hostile]), "$REPOSITORY|$CONTEXT|${NOT_CONTEXT[0]}"],
    follow: [imageScript(follow, "s", [], []), "$WORKFLOW"],
  };
  for (const [name, [script = "", expression = ""]] of Object.entries(scripts)) {
    const text = `${script.slice(0, script.lastIndexOf('main "$@"'))}\nprintf %s "${expression}"`;
    await inScratch("hostile", { [name]: text, whole: script }, async (folder) => {
      const options = { cwd: folder, env: { PATH: process.env.PATH } };
      expect((await run("bash", ["-n", join(folder, "whole")], options)).stderr).toBe("");
      const { stdout, stderr } = await run("bash", [join(folder, name)], options);
      expect(stdout, `${name} ${stderr}`).toBe(
        expression
          .split("|")
          .map(() => hostile)
          .join("|"),
      );
      expect(readdirSync(folder).sort()).toEqual([name, "whole"].sort());
    });
  }
});
