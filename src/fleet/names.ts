import { complain, show, text } from "./checks.ts";

/**
 * A name that is at once a key in a definition, a GitHub environment suffix, a container name part, a file name and a
 * DNS label (RFC 1123: at most 63 of a-z, 0-9 and `-`, https://www.rfc-editor.org/rfc/rfc1123#section-2). Else NAME_INVALID.
 */
export function isLabel(value: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value);
}

export const Label = text(isLabel, (value) => ({
  code: "NAME_INVALID",
  message:
    value.length > 63
      ? `${show(value)} has ${value.length} characters; a DNS label has 63 at most`
      : `${show(value)} cannot be an environment, a container, a DNS label and a file name at once`,
  fix: "use 1 to 63 of a-z, 0-9 and '-', starting with a letter and not ending with '-'",
}));

/**
 * A word that a person reads, such as a customer's or a region's name: one line, 1-100 printable characters, not opening an
 * expression of GitHub's. Else TEXT_INVALID.
 */
export const Words = text(
  (value) =>
    value.length >= 1 && value.length <= 100 && value.trim() === value && isOneLine(value) && !opensExpression(value),
  (value) => ({
    code: "TEXT_INVALID",
    message: opensExpression(value)
      ? `${show(value)} opens an expression, which GitHub would evaluate`
      : `${show(value)} is not one line of 1 to 100 printable characters`,
    fix: opensExpression(value)
      ? "leave out the $ and the braces"
      : "use one line without leading or trailing space, and without characters that cannot be seen",
  }),
);

/** A container name as Docker takes it (https://github.com/moby/moby/blob/v28.2.2/daemon/names/names.go). Else CONTAINER_NAME_INVALID. */
export const ContainerName = text(
  (value) => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/.test(value),
  (value) => ({
    code: "CONTAINER_NAME_INVALID",
    message: `${show(value)} is not a container name`,
    fix: "use 2 to 128 of a-z, A-Z, 0-9, '_', '.' and '-', starting with a letter or digit",
  }),
);

/**
 * The name of an environment variable that Compose reads from `.env`, and that GitHub takes as a secret's name: letters, digits
 * and `_`, not starting with a digit or `GITHUB_`
 * (https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets). Else SECRET_NAME_INVALID.
 */
export const SecretName = text(
  (value) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(value) && !/^GITHUB_/i.test(value),
  (value) => ({
    code: "SECRET_NAME_INVALID",
    message: /^GITHUB_/i.test(value)
      ? `${show(value)}: GitHub reserves names that start with GITHUB_`
      : `${show(value)} is not a secret's name on GitHub`,
    fix: "use letters, digits and '_', not starting with a digit or with GITHUB_",
  }),
);

/** The name of an environment variable of a container. Else ENV_NAME_INVALID. */
export const EnvName = text(
  (value) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(value),
  (value) => ({
    code: "ENV_NAME_INVALID",
    message: `${show(value)} is not an environment variable's name`,
    fix: "use letters, digits and '_', not starting with a digit",
  }),
);

/** The value of an environment variable: one line, at most 4,096 characters. Else ENV_VALUE_INVALID. */
export const EnvValue = text(
  (value) => value.length <= 4096 && (value === "" || isOneLine(value)),
  (value) => ({
    code: "ENV_VALUE_INVALID",
    message: `${show(value)} cannot be carried: it has a control character, one that turns the direction of text, half of a surrogate pair, or over 4,096 characters`,
    fix: "use one line of printable text; put longer material into a file that the app mounts",
  }),
);

/** A build argument's value: as EnvValue, and not opening an expression of GitHub's, which could print a secret. Else ENV_VALUE_INVALID. */
export const BuildValue = EnvValue.check((context) => {
  if (!opensExpression(context.value)) return;
  complain(context, {
    code: "ENV_VALUE_INVALID",
    message: `${show(context.value)} opens an expression, which GitHub would evaluate`,
    fix: "leave out the $ and the braces; build arguments are public, so a secret has no place in them",
  });
});

/** Every string of a workflow in which GitHub finds this is evaluated before anything runs. */
function opensExpression(value: string): boolean {
  return value.includes("$" + "{{");
}

/**
 * No control character, no line or paragraph separator, no lone surrogate, and nothing that turns the direction of text: with it a
 * reviewer reads another order than the program does (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
 */
export function isOneLine(value: string): boolean {
  return !/[\p{Cc}\u2028\u2029\ufeff\u202a-\u202e\u2066-\u2069]/u.test(value) && value.isWellFormed();
}
