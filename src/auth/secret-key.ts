import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import { access, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../common/config.js';
import { Keyring } from '../common/keyring.js';

/** The key that signs access tokens: `JWT_SECRET`, else one made once and kept in `DATA_DIR`, mode 0600. */
export async function loadSigningKey(config: Config): Promise<Buffer> {
  return Buffer.from(config.JWT_SECRET ?? (await readOrMake(join(config.DATA_DIR, 'jwt-secret'))), 'utf8');
}

/**
 * The keys that encrypt the secrets of projects and webhooks (AES-256), drawn by HKDF (RFC 5869) from `SECRETS_KEY`, else from a secret
 * made once and kept in `DATA_DIR`, mode 0600. The replaced one is `SECRETS_KEY_PREVIOUS`, else the file `secrets-key-previous`.
 */
export async function loadKeyring(config: Config): Promise<Keyring> {
  const kept = join(config.DATA_DIR, 'secrets-key');
  const present = config.SECRETS_KEY ?? (await readOrMake(kept));
  const previous = config.SECRETS_KEY_PREVIOUS ?? (await readIfThere(`${kept}-previous`));
  return new Keyring(drawKey(present), previous === undefined ? undefined : drawKey(previous));
}

function drawKey(secret: string): KeyObject {
  // the label is older than webhooks' secrets, and another one would be another key
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

/** Processes that start at the same moment must end with one secret, so it appears under its name whole or not at all. */
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
