// Invariant: default names are those of the owner's installations by hand, and no tenant's state lies in another's.
import { expect, test } from "vitest";
import { containerName, projectName } from "../../src/fleet/installation.ts";
import { validate } from "../../src/fleet/validate.ts";
import { type Changes, sample } from "./sample.ts";

function fleetOf(changes: Changes = {}) {
  const fleet = validate([sample(changes)]).checked[0]?.fleet;
  if (!fleet?.single) throw new Error("the sample has phase single");
  return { fleet, single: fleet.single, acme: fleet.tenants[0] as (typeof fleet.tenants)[number] };
}
const pathsOf = (data: readonly { name: string; path: string }[]) =>
  Object.fromEntries(data.map(({ name, path }) => [name, path]));

test("phase single names its installation without the tenant, phase multi with it", () => {
  const { fleet, single, acme } = fleetOf();
  expect([
    single.deploymentPath,
    single.project,
    containerName(fleet, single, "web"),
    containerName(fleet, single, "db"),
  ]).toEqual(["/home/deploy/shop-prd", "shop-prd", "shop_PRD_gw", "shop_PRD_db"]);
  expect([acme.id, acme.deploymentPath, acme.project, containerName(fleet, acme, "tools")]).toEqual([
    "prd-tenant-acme",
    "/home/deploy/shop-prd-acme",
    "shop-prd-acme",
    "acme_PRD_cli",
  ]);
});

test("a data directory inside another follows it", () => {
  const { single, acme } = fleetOf();
  expect(pathsOf(single.data)).toEqual({
    config: "/home/deploy/.shop-prd",
    work: "/home/deploy/.shop-prd/work",
    cache: "/home/deploy/.cache/shop",
  });
  expect(pathsOf(acme.data)).toEqual({
    config: "/home/deploy/.shop-prd-acme",
    work: "/home/deploy/.shop-prd-acme/work",
    cache: "/home/deploy/.cache/shop-acme",
  });
  const moved = fleetOf({ "tenants.acme.data": { config: "/srv/acme" } });
  expect(pathsOf(moved.acme.data)).toMatchObject({ config: "/srv/acme", work: "/srv/acme/work" });
});

test("the closest directory is the one that is followed, in whatever order they stand", () => {
  const { acme } = fleetOf({
    "app.data": {
      c: { directory: "a/b/c", mount: "/c" },
      b: { directory: "a/b", mount: "/b" },
      a: { directory: "a", mount: "/a" },
      ab: { directory: "a/bb", mount: "/ab" },
    },
    "tenants.acme.data": { b: "/srv/b" },
  });
  expect(acme.data.map(({ path }) => path)).toEqual([
    "/srv/b/c",
    "/srv/b",
    "/home/deploy/a-acme",
    "/home/deploy/a-acme/bb",
  ]);
});

test.each([
  ["/srv/openclaw-prd", "openclaw-prd"],
  ["/srv/.Minion", "minion"],
  ["/srv/_-a.b+c", "abc"],
  ["/srv/___", ""],
])("%s is Compose project %s", (path, project) => expect(projectName(path)).toBe(project));
