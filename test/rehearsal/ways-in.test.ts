import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeployBench, startDeployBench } from "./bench/deploy-bench.ts";
import { describeWithEngine } from "./bench/describe-with-engine.ts";
import { type ImageRegistry, startImageRegistry } from "./bench/image-registry.ts";
import { type SshHost, startSshHost } from "./bench/ssh-host.ts";

// Invariant: a jump host only passes the connection on, and both hosts must show the keys that are pinned for them.
// If this breaks, whoever stands in for the jump host is handed the bundle.

describeWithEngine("a server behind a bastion", () => {
  let registry: ImageRegistry;
  let over: SshHost;
  let bench: DeployBench;
  beforeAll(async () => {
    registry = await startImageRegistry();
    over = await startSshHost({ docker: false });
    bench = await startDeployBench({ registry, bastion: over });
    await over.exec(`echo '${bench.host.publicKey}' >>~/.ssh/authorized_keys`);
    await bench.writeEnv({ OPENCLAW_GATEWAY_TOKEN: "'a-real-token'" });
    await bench.commit({ behaviour: "healthy", version: "1" });
  }, 120_000);
  afterAll(async () => {
    await bench?.remove();
    await over?.remove();
    await registry?.remove();
  }, 60_000);

  test("is deployed to over one connection through it", async () => {
    const before = { over: over.connections().accepted, bench: bench.host.connections().accepted };
    const { outcome, run } = await bench.deploy({ runId: 4000 });
    expect(outcome, run.log).toBe("deployed");
    expect(await bench.ask("/version")).toBe("1");
    expect(over.connections().accepted - before.over).toBe(1);
    expect(bench.host.connections().accepted - before.bench).toBe(1);
  }, 120_000);

  test("is not reached through a bastion with another key", async () => {
    const before = bench.host.connections().opened;
    await over.rotateHostKey();
    const { outcome, run } = await bench.deploy({ runId: 4010 });
    expect(outcome, run.log).toBe("refused");
    expect(run.log).toContain("bastion's host key is not the pinned one");
    expect(bench.host.connections().opened).toBe(before);
  }, 120_000);
});
