import type { CheckedFleet } from "../checked-fleet.ts";
import { show } from "../checks.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { ImageSource } from "../image.ts";
import { takesJobToken } from "../image-login.ts";

interface Place {
  readonly image: ImageSource;
  readonly path: readonly PropertyKey[];
}

function imagesOf({ fields }: CheckedFleet): Place[] {
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
