import { startDeployBench } from "../../test/rehearsal/bench/deploy-bench.ts";
import type { ImageRegistry } from "../../test/rehearsal/bench/image-registry.ts";
import type { SshHost } from "../../test/rehearsal/bench/ssh-host.ts";
import type { Contender } from "./contender.ts";

/** Tenantry's generated workflow from push to report, in act, on a server of its own. The build is part of it. */
export async function wholeWorkflow(registry: ImageRegistry): Promise<Contender & { readonly host: SshHost }> {
  const bench = await startDeployBench({ registry, startSeconds: 60 });
  await bench.writeEnv({ OPENCLAW_GATEWAY_TOKEN: "a-token" });
  let runId = 0;
  return {
    host: bench.host,
    url: `http://127.0.0.1:${bench.ports.gateway}/health`,
    project: bench.project,
    prepare: async ({ version, startSeconds }) => {
      await bench.commit({ behaviour: "healthy", version, startSeconds });
      return async (verdict) => {
        const { outcome, run } = await bench.deploy({ runId: ++runId });
        verdict();
        if (outcome !== "deployed") throw new Error(`not deployed: ${outcome}\n${run.log}`);
      };
    },
    remove: () => bench.remove(),
  };
}
