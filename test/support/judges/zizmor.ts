import { run } from "../run.ts";
import { inScratch } from "../scratch.ts";
import { tool } from "../tools.ts";
import { byPath, type Finding, type JudgedFile } from "./finding.ts";

const judge = "zizmor";

interface Report {
  readonly ident: string;
  readonly desc: string;
  readonly determinations: { readonly severity: string };
  readonly locations: readonly {
    readonly symbolic: { readonly key: { readonly Local?: { readonly verbatim_path: string } } };
    readonly concrete: { readonly location: { readonly start_point: { readonly row: number } } };
  }[];
}

/**
 * zizmor as its strictest persona, off line, with neither configuration nor ignore comments: a finding of any level
 * counts. All files are given to one process. Throws when it is missing.
 */
export function zizmor(files: readonly JudgedFile[]): Promise<Finding[]> {
  return inScratch(judge, byPath(files), async (folder) => {
    const strictly = ["--persona", "auditor", "--no-config", "--no-ignores", "--strict-collection"];
    const quietly = ["--quiet", "--no-progress", "--format", "json-v1", "--no-exit-codes"];
    const paths = files.map((file) => file.path);
    const result = await run(tool("zizmor"), ["--offline", ...strictly, ...quietly, ...paths], {
      cwd: folder,
      // No token and no setting of the machine changes the verdict.
      env: { PATH: process.env.PATH, HOME: folder },
    });
    if (result.code !== 0) return [unreadable(result.stderr)];
    return (JSON.parse(result.stdout) as readonly Report[]).map(finding);
  });
}

function finding(report: Report): Finding {
  const place = report.locations[0];
  const message = `${report.ident} (${report.determinations.severity}): ${report.desc}`;
  const file = place?.symbolic.key.Local?.verbatim_path ?? "?";
  return place === undefined
    ? { judge, file, message }
    : { judge, file, message, line: place.concrete.location.start_point.row + 1 };
}

// It reads all files or none: one that is no workflow ends it, and its name stands in the first lines.
function unreadable(stderr: string): Finding {
  const file = /failed to load file:\/\/(\S+)/.exec(stderr)?.[1];
  if (file === undefined) throw new Error(`zizmor did not do its work\n${stderr}`);
  return { judge, file, message: stderr.split("Stack backtrace")[0]?.trim() ?? stderr };
}
