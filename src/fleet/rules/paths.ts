import { show } from "../checks.ts";
import type { Diagnostic, FieldRef } from "../diagnostic.ts";
import { formField, labelOfOccupant, type Machine, type Occupant } from "../machine.ts";

interface PathClaim {
  readonly occupant: Occupant;
  readonly path: string;
  /** Name of the data directory; undefined for the deployment directory. */
  readonly data: string | undefined;
}

/** Two directories of different tenants are one, or a tenant's data is its deployment directory: each would overwrite the other. */
export function pathTaken(machine: Machine): Diagnostic[] {
  const claims = new Map<string, PathClaim[]>();
  return pathClaims(machine).flatMap((claim) => {
    const other = claims.get(claim.path)?.find((candidate) => conflict(candidate, claim));
    remember(claims, claim);
    return other ? [pathDiagnostic("PATH_TAKEN", claim, other, machine)] : [];
  });
}

/**
 * One directory lies inside another: removing or backing up the outer one takes the inner one along. A tenant's own data directories may
 * nest, such as a workspace inside the configuration.
 */
export function pathInside(machine: Machine): Diagnostic[] {
  const claims = pathClaims(machine);
  const byPath = new Map<string, PathClaim[]>();
  for (const claim of claims) remember(byPath, claim);
  return claims.flatMap((claim) => {
    const outer = nearestOuter(claim, byPath);
    return outer ? [pathDiagnostic("PATH_INSIDE", claim, outer, machine)] : [];
  });
}

/**
 * Claims remembered for one path. A tenant has a few forms and data directories in one place at most, so among these is one of another
 * tenant if there is any.
 */
const OTHERS = 64;

function remember(byPath: Map<string, PathClaim[]>, claim: PathClaim): void {
  const known = byPath.get(claim.path);
  if (known === undefined) byPath.set(claim.path, [claim]);
  else if (known.length < OTHERS) known.push(claim);
}

/** What the closest claimed directory around a claim conflicts with; its own tenant's directory there answers for both. */
function nearestOuter(claim: PathClaim, byPath: ReadonlyMap<string, readonly PathClaim[]>): PathClaim | undefined {
  for (let end = claim.path.lastIndexOf("/"); end > 0; end = claim.path.lastIndexOf("/", end - 1)) {
    const around = byPath.get(claim.path.slice(0, end)) ?? [];
    const outer = around.find((candidate) => conflict(candidate, claim));
    if (outer) return outer;
    if (around.some(({ occupant }) => occupant === claim.occupant)) return undefined;
  }
  return undefined;
}

function conflict(a: PathClaim, b: PathClaim): boolean {
  if (a.occupant.tenant !== b.occupant.tenant) return true;
  // A tenant's forms in two phases never stand beside each other.
  return a.occupant === b.occupant && (a.data === undefined) !== (b.data === undefined);
}

function pathDiagnostic(
  code: "PATH_TAKEN" | "PATH_INSIDE",
  claim: PathClaim,
  other: PathClaim,
  machine: Machine,
): Diagnostic {
  const who = labelOfOccupant(claim.occupant, other.occupant);
  const owner =
    claim.occupant === other.occupant
      ? `its own ${whatOf(other)}`
      : `the ${whatOf(other)} of ${labelOfOccupant(other.occupant)}`;
  const relation = code === "PATH_TAKEN" ? `is also ${owner}` : `lies inside ${owner}, ${show(other.path)},`;
  return {
    code,
    severity: "error",
    message: `the ${whatOf(claim)} ${show(claim.path)} of ${who} ${relation} on server ${machine.label}.`,
    fix: `use a directory of its own, such as ${show(besideOf(claim, other))}.`,
    field: fieldOf(claim),
    also: [fieldOf(other)],
  };
}

/** A path beside the outer directory that names the tenant. */
function besideOf({ path, occupant, data }: PathClaim, outer: PathClaim): string {
  const parent = outer.path.slice(0, outer.path.lastIndexOf("/"));
  const name = path.slice(path.lastIndexOf("/") + 1);
  const { tenant } = occupant.installation;
  const own = name === tenant || name.endsWith(`-${tenant}`) ? name : `${name}-${tenant}`;
  return `${parent}/${path === outer.path && own === name ? `${own}-${data ?? "deployment"}` : own}`;
}

function whatOf({ data }: PathClaim): string {
  return data === undefined ? "deployment directory" : `data directory ${show(data)}`;
}

function fieldOf({ occupant, data }: PathClaim): FieldRef {
  return data === undefined ? formField(occupant, "deploymentPath") : formField(occupant, "data", data);
}

function pathClaims(machine: Machine): PathClaim[] {
  const claims: PathClaim[] = [];
  for (const occupant of machine.occupants) {
    claims.push({ occupant, path: occupant.installation.deploymentPath, data: undefined });
    for (const { name, path } of occupant.installation.data) claims.push({ occupant, path, data: name });
  }
  return claims;
}
