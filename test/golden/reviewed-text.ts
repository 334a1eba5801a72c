import { readParts, readTemplate } from "../../src/scripts/template.ts";

/** The part of each script that is the same for every fleet, and where it is read and reviewed. */
const bodies = [
  { name: "server.sh", body: readParts("server"), where: "templates/server" },
  { name: "deploy.sh", body: readParts("runner/deploy"), where: "templates/runner/deploy" },
  { name: "image.sh", body: readTemplate("runner/image.sh"), where: "templates/runner/image.sh" },
  { name: "report.sh", body: readTemplate("runner/report.sh"), where: "templates/runner/report.sh" },
];

/**
 * What of a generated file is committed beside a golden fleet: all of it, but of a script only what differs from fleet to fleet, so
 * that a change of a script is one diff in a review and not eight. The shipped fleet's scripts are committed whole.
 * @throws Error for a script that does not end with its body.
 */
export function reviewedText(path: string, content: string): string {
  if (!path.endsWith(".sh")) return content;
  const part = bodies.find(({ name }) => path.endsWith(`/${name}`));
  const end = part && `${part.body.trimEnd()}\n\nmain "$@"\n`;
  if (part === undefined || end === undefined || !content.endsWith(end)) {
    throw new Error(`${path} does not end with the body of a script`);
  }
  return `${content.slice(0, -end.length)}# … ${part.where}\n`;
}
