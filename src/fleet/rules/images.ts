import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { ImageSource } from "../image.ts";
import { takesJobToken } from "../image-login.ts";

interface Place {
  readonly image: ImageSource;
  readonly path: readonly PropertyKey[];
}

/** The app's image, then those of tenants that have their own, each with its place in the definition. */
export function imagesOf({ fields }: CheckedFleet): Place[] {
  const tenants = Object.entries(fields.tenants).flatMap(([key, { image }]): Place[] =>
    image === undefined ? [] : [{ image, path: ["tenants", key, "image"] }],
  );
  return [{ image: fields.app.image, path: ["app", "image"] }, ...tenants];
}

/** A build whose workflow would have no login to push with: the only one that it has is GitHub's own token. */
export function pushLoginMissing(checked: CheckedFleet): Diagnostic[] {
  return imagesOf(checked)
    .filter(({ image }) => image.kind === "build" && !takesJobToken(image))
    .map(({ image, path }) => ({
      code: "PUSH_LOGIN_MISSING",
      severity: "error",
      message: `the workflow can push to ghcr.io only, and the image is ${show(image.repository)}.`,
      fix: 'push to ghcr.io, or build it elsewhere and use prebuilt({…}); pull: "job-token" where that registry takes GitHub\'s token.',
      field: { root: checked.definition, path: [...path, "repository"] },
    }));
}

/** A follow that waits for the workflow it stands in. */
export function followsItself(checked: CheckedFleet): Diagnostic[] {
  const own = `Deploy ${checked.fields.name}`;
  return imagesOf(checked)
    .filter(({ image }) => image.kind === "follow" && image.workflow === own)
    .map(({ path }) => ({
      code: "FOLLOWS_ITSELF",
      severity: "error",
      message: `the deploy would wait for the workflow ${show(own)}, which is the deploy itself.`,
      fix: "name the workflow that builds the image, or use build({…}).",
      field: { root: checked.definition, path: [...path, "workflow"] },
    }));
}

/**
 * Bytes of all build arguments together. They stand in the workflow, of which GitHub takes 500 KB; nothing else in it grows with a
 * definition of phase `single`. https://docs.github.com/en/actions/reference/limits
 */
const BUILD_ARGS_BYTES = 100_000;

/** Build arguments that would make the workflow larger than GitHub takes it. */
export function buildArgsTooLarge(checked: CheckedFleet): Diagnostic[] {
  return imagesOf(checked).flatMap(({ image, path }): Diagnostic[] => {
    if (image.kind !== "build") return [];
    const bytes = Buffer.byteLength(Object.entries(image.args).join("\n"));
    if (bytes <= BUILD_ARGS_BYTES) return [];
    return [
      {
        code: "BUILD_ARGS_TOO_LARGE",
        severity: "error",
        message: `the build arguments have ${bytes} bytes, ${BUILD_ARGS_BYTES} at most: they stand in the workflow, which GitHub takes up to 500 KB of.`,
        fix: "put longer material into a file of the build context.",
        field: { root: checked.definition, path: [...path, "args"] },
      },
    ];
  });
}
