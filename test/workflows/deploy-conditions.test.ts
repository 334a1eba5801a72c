import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compileGolden, type GoldenFleet, goldenFleets, shippedFleet } from "../golden/golden-fleets.ts";
import { interpolate, type PlainWorkflow, play, type Run } from "./deploy-support.ts";

// Invariant: a deploy runs for a push to the fleet's branch in the fleet's repository, or for a person who names a digest there; never
// else, never without an image, and always with the digest that was meant. Conditions are read from the generated files and evaluated by
// GitHub's own library. If this breaks, a fork deploys, an image that failed to build deploys, or a person cannot go back.

const BUILT = `sha256:${"b".repeat(64)}`;
const GIVEN = `sha256:${"0".repeat(64)}`;
const PREBUILT = "sha256:12a435ec8454c6d1c90a1d92812b09af11bee711fbe524d56a8f26ea7c5ccee8";

interface Kind {
  readonly fleet: string;
  readonly repository: string;
  readonly branch: string;
  /** Jobs in front of the deploy. */
  readonly imageJobs: readonly string[];
  readonly tenant: string;
  /** What is deployed without a person's digest. */
  readonly digest: string;
}

const kinds: Kind[] = [
  {
    fleet: "shipped",
    repository: "nikolasp98/openclaw",
    branch: "PRD",
    imageJobs: ["image"],
    tenant: "acme",
    digest: BUILT,
  },
  {
    fleet: "bastion-arm",
    repository: "example/sensors",
    branch: "edge",
    imageJobs: ["context", "build-amd64", "build-arm64", "image"],
    tenant: "barn",
    digest: BUILT,
  },
  {
    fleet: "follow",
    repository: "example/shop",
    branch: "release",
    imageJobs: ["image"],
    tenant: "north",
    digest: BUILT,
  },
  { fleet: "prebuilt", repository: "example/tools", branch: "main", imageJobs: [], tenant: "team", digest: PREBUILT },
];

/** An event in the fleet's own repository on its branch, unless told otherwise. */
interface Event {
  readonly title: string;
  readonly event: "push" | "workflow_dispatch";
  readonly inputs: Run["inputs"];
  readonly repository?: string;
  readonly ref?: string;
}

const push: Event = { title: "a push", event: "push", inputs: null };
const button: Event = { title: "the button", event: "workflow_dispatch", inputs: { digest: "" } };
const back: Event = { title: "a person's digest", event: "workflow_dispatch", inputs: { digest: GIVEN } };

function runOf({ repository, branch }: Kind, event: Event, more: Partial<Run> = {}): Run {
  return {
    github: {
      event_name: event.event,
      repository: event.repository ?? repository,
      ref: event.ref ?? `refs/heads/${branch}`,
      run_id: "4711",
      sha: "c".repeat(40),
    },
    inputs: event.inputs,
    outputs: { context: { digest: "", tag: "context-1" }, image: { digest: BUILT } },
    ...more,
  };
}

function all(ids: readonly string[], result: string): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, result]));
}

function kindOf(fleet: string): Kind {
  return kinds.find((kind) => kind.fleet === fleet) as Kind;
}

async function workflowOf({ fleet }: Kind): Promise<PlainWorkflow> {
  const golden = [shippedFleet, ...goldenFleets].find(({ name }) => name === fleet) as GoldenFleet;
  const { artifacts } = await compileGolden(golden);
  return parse(artifacts.find(({ path }) => path.startsWith(".github/workflows/"))?.content ?? "");
}

describe.for(kinds)("$fleet", (kind) => {
  let workflow: PlainWorkflow;
  beforeAll(async () => {
    workflow = await workflowOf(kind);
  });
  const { imageJobs, repository, tenant } = kind;

  function deployEnv(run: Run) {
    const played = play(workflow, run);
    const env = workflow.jobs.deploy?.steps.find(({ name }) => name === `Deploy ${tenant} over SSH`)?.env ?? {};
    const { DIGEST = "", PERSON = "" } = env;
    return {
      digest: interpolate(DIGEST, played.contexts("deploy")),
      person: interpolate(PERSON, played.contexts("deploy")),
    };
  }

  test.each<[Event, string, string]>([
    [push, kind.digest, "no"],
    [{ ...push, title: "a push whose inputs are an empty object", inputs: {} }, kind.digest, "no"],
    [button, kind.digest, "no"],
  ])("$title takes the newest image", (event, digest, person) => {
    const run = runOf(kind, event);
    expect(play(workflow, run).jobs).toEqual({ ...all(imageJobs, "success"), deploy: "success", report: "success" });
    expect(deployEnv(run)).toEqual({ digest, person });
  });

  test("a person's digest is deployed as it was given, without an image job", () => {
    const run = runOf(kind, back);
    expect(play(workflow, run).jobs).toEqual({ ...all(imageJobs, "skipped"), deploy: "success", report: "success" });
    expect(deployEnv(run)).toEqual({ digest: GIVEN, person: "yes" });
  });

  // GitHub skips them; what is no digest is for the script to refuse.
  test.each([" ", "SHA256:ABC", "0"])("whatever is given (%j) reaches the script unchanged", (digest) => {
    expect(deployEnv(runOf(kind, { ...back, inputs: { digest } }))).toEqual({ digest, person: "yes" });
  });

  test.each<Event>([
    { ...push, title: "a push to a fork", repository: "somebody/fork" },
    { ...back, title: "the button in a fork", repository: "somebody/fork" },
    { ...push, title: "a push to a repository of a longer name", repository: `${repository}2` },
  ])("$title: no job runs", (event) => {
    expect(play(workflow, runOf(kind, event)).jobs).toEqual(all([...imageJobs, "deploy", "report"], "skipped"));
  });

  test.each<Event>([
    { ...button, title: "the button on another branch", ref: "refs/heads/feature" },
    { ...back, title: "a person's digest on another branch", ref: "refs/heads/feature" },
    { ...back, title: "a person's digest on a tag of the branch's name", ref: `refs/tags/${kind.branch}` },
    { ...push, title: "a push that reports another ref, as the branch's deletion does", ref: "refs/heads/default" },
  ])("$title: nothing is deployed, and the run says so in red", (event) => {
    const played = play(workflow, runOf(kind, event));
    expect(played.jobs).toEqual({ ...all([...imageJobs, "deploy"], "skipped"), report: "success" });
    expect(played.steps("report")[0]).toBe("Refuse another branch");
    expect(workflow.jobs.report?.steps[0]?.run).toBe(
      `echo "::error title=Nothing was deployed::Run this workflow on the branch ${kind.branch}."\nexit 1\n`,
    );
  });

  test("on the fleet's branch the report writes the table", () => {
    const steps = play(workflow, runOf(kind, push)).steps("report");
    expect(steps).toEqual(["Check out", "Fetch the results", "Write the table"]);
  });

  test("the guard alone does not tell capitals apart: GitHub compares so, and the environment's branch rule is what holds", () => {
    const { jobs } = play(workflow, runOf(kind, { ...back, ref: `refs/heads/${kind.branch.toUpperCase()}` }));
    expect(jobs.deploy).toBe("success");
  });

  test.each<{ title: string; run: Partial<Run> }>(
    imageJobs.flatMap((id) =>
      (["failure", "cancelled"] as const).map((end) => ({ title: `${id}: ${end}`, run: { ends: { [id]: end } } })),
    ),
  )("an image that is not there is not deployed ($title), and the report says so", ({ run }) => {
    const { jobs } = play(workflow, runOf(kind, push, run));
    expect(jobs).toMatchObject({ deploy: "skipped", report: "success" });
  });

  test.each([push, button, back])(
    "$title, cancelled before the deploy begins: it does not begin, the report does",
    (event) => {
      expect(play(workflow, runOf(kind, event, { cancelledBefore: "deploy" })).jobs).toMatchObject(
        // A condition that asks for no status is `success()`, which a cancelled run has not.
        { deploy: "skipped", report: "success" },
      );
    },
  );

  test.each(["failure", "cancelled"] as const)("a deploy that ends as %s is reported", (end) => {
    expect(play(workflow, runOf(kind, push, { ends: { deploy: end } })).jobs).toMatchObject({
      deploy: end,
      report: "success",
    });
  });

  test("pushes share a group, each run by hand has its own", () => {
    const groups = [push, button, back].map((event) =>
      interpolate(workflow.concurrency.group, runOf(kind, event) as never),
    );
    const name = workflow.name.replace("Deploy ", "");
    expect(groups).toEqual([`deploy/${name}/push`, `deploy/${name}/4711`, `deploy/${name}/4711`]);
    expect(workflow.jobs.deploy?.concurrency?.group).toBe(`deploy/${name}/tenant/${tenant}`);
  });
});

test("native builds: what is there already is not built, and is what is deployed", async () => {
  const kind = kindOf("bastion-arm");
  const workflow = await workflowOf(kind);
  const there = { context: { digest: BUILT, tag: "context-1" } };
  const played = play(workflow, runOf(kind, push, { outputs: there }));
  expect(played.jobs).toEqual({
    ...{ context: "success", "build-amd64": "skipped", "build-arm64": "skipped", image: "success" },
    ...{ deploy: "success", report: "success" },
  });
  expect(played.steps("image")).toEqual([]);
  expect(interpolate(workflow.jobs.image?.outputs?.digest ?? "", played.contexts("image"))).toBe(BUILT);
});

// One platform's image under the context's tag would be taken for the whole from then on.
test.each(["failure", "cancelled"] as const)(
  "native builds: a platform that ends as %s gets no name for the rest",
  async (end) => {
    const kind = kindOf("bastion-arm");
    const workflow = await workflowOf(kind);
    for (const id of ["build-amd64", "build-arm64"]) {
      expect(play(workflow, runOf(kind, push, { ends: { [id]: end } })).jobs.image).toBe("skipped");
    }
  },
);

test("a build in one job: what is there already is not built", async () => {
  const { steps } = play(await workflowOf(kindOf("shipped")), runOf(kindOf("shipped"), push));
  const look = ["Check out", "Look whether this context was built before"];
  expect(steps("image", { context: { digest: BUILT } })).toEqual(look);
  expect(steps("image", { context: { digest: "" } })).toEqual([
    ...look,
    ...["Set up the builder", "Log in to the image registry", "Build and push"],
  ]);
});
