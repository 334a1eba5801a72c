import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";

/** Two data directories are seen at one place of the containers, which has room for one. */
export function mountRepeated({ definition, fields }: CheckedFleet): Diagnostic[] {
  const holders = new Map<string, string>();
  return Object.entries(fields.app.data).flatMap(([name, { mount }]): Diagnostic[] => {
    const holder = holders.get(mount);
    if (holder === undefined) holders.set(mount, name);
    if (holder === undefined) return [];
    return [
      {
        code: "MOUNT_REPEATED",
        severity: "error",
        message: `data ${show(holder)} and ${show(name)} of app ${show(fields.app.name)} are both mounted on ${show(mount)}.`,
        fix: `give ${show(name)} a mount of its own.`,
        field: { root: definition, path: ["app", "data", name, "mount"] },
        also: [{ root: definition, path: ["app", "data", holder, "mount"] }],
      },
    ];
  });
}
