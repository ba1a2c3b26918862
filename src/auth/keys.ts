import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { access, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../common/config.js';
import { Keyring } from '../common/keyring.js';

/** Loads the key that signs access tokens: `JWT_SECRET`, or one that is generated once and stored in `DATA_DIR` with mode 0600. */
export async function loadSigningKey(config: Config): Promise<Buffer> {
  return Buffer.from(config.JWT_SECRET ?? (await readOrMake(join(config.DATA_DIR, 'jwt-secret'))), 'utf8');
}

/**
 * Loads the keys that encrypt the secrets of projects and webhooks (AES-256). They are derived by HKDF (RFC 5869) from `SECRETS_KEY`, or
 * from a secret that is generated once and stored in `DATA_DIR` with mode 0600. The previous key, which is being replaced, comes from
 * `SECRETS_KEY_PREVIOUS` or the file `secrets-key-previous`.
 */
export async function loadKeyring(config: Config): Promise<Keyring> {
  const file = join(config.DATA_DIR, 'secrets-key');
  const present = config.SECRETS_KEY ?? (await readOrMake(file));
  const previous = config.SECRETS_KEY_PREVIOUS ?? (await readIfThere(`${file}-previous`));
  return new Keyring(deriveKey(present), previous === undefined ? undefined : deriveKey(previous));
}

function deriveKey(secret: string): KeyObject {
  // the label must not change, since the key would change with it; it is older than the secrets of webhooks
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'millrace project secrets', 32)));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads a secret, or generates it. The file is created atomically, so that processes which start together use the same secret. */
async function readOrMake(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const known = await access(path).then(
    () => true,
    () => false,
  );
  if (!known) {
    const own = `${path}.${randomBytes(6).toString('hex')}`;
    await writeFile(own, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true });
    try {
      await link(own, path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      await unlink(own);
    }
  }
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length < 32) throw new Error(`${path} holds no usable secret: remove it and start again`);
  return secret;
}
