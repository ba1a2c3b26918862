const leastDifferent = 4;

/** Strips the up to four digits and signs that people append to a word. @param password in lower case */
const stem = (password: string) => password.replace(/[^\p{L}]{1,4}$/u, '');

let common: Promise<ReadonlySet<string>> | undefined;

/** Loads 49,000 passwords of public leaks when a password is first set: this takes 20 ms, and 7 MB from then on. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  );
  return common;
}

/**
 * Finds the reason to refuse a password that an attacker would guess among the first (NIST SP 800-63B, 5.1.1.2). The length is not
 * checked here.
 * @returns undefined for an acceptable password
 */
export async function weaknessOf(
  password: string,
  { username, email }: { username: string; email: string },
): Promise<string | undefined> {
  const text = password.toLowerCase();
  if (new Set(text).size < leastDifferent) return `must have at least ${leastDifferent} different characters`;
  const tries = [text, stem(text)];
  const own = [username, email, email.split('@')[0], 'millrace'].map((word) => word?.toLowerCase());
  if (tries.some((tried) => own.includes(tried)))
    return 'must not be the name or the e-mail address of the user, nor the name of this product';
  const known = await commonPasswords();
  if (tries.some((tried) => known.has(tried)))
    return 'is one of the most common passwords, or one with a few digits or signs behind it';
  return undefined;
}
