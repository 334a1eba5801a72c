import { expect, test } from "vitest";
import { run, runOrThrow } from "./run.ts";

// Invariant: a command's end is always reported, whatever way it ended.
// If this breaks, a rehearsal waits for ever or takes a killed process for one that succeeded.
test.each([
  {
    title: "an exit code",
    script: "echo out; echo err >&2; exit 7",
    want: { code: 7, stdout: "out\n", stderr: "err\n" },
  },
  { title: "a signal, as a shell says it", script: "kill -KILL $$", want: { code: 137, stdout: "", stderr: "" } },
])("reports $title", async ({ script, want }) => {
  expect(await run("bash", ["-c", script])).toEqual(want);
});

test("closes the input behind its text", async () => {
  expect(await runOrThrow("cat", [], { input: "text" })).toBe("text");
});

test("a command that takes too long is killed, also when a child of it holds the output open", async () => {
  const started = Date.now();
  await expect(run("bash", ["-c", "sleep 5; echo"], { timeoutSeconds: 0.2 })).rejects.toThrow(/longer than 0.2 s/);
  expect(Date.now() - started).toBeLessThan(3000);
});

test("a failure says what was printed", async () => {
  await expect(runOrThrow("bash", ["-c", "echo why >&2; exit 3"])).rejects.toThrow(/exit code 3[\s\S]*why/);
});
