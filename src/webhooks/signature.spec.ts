import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { bodySignature, standardSignature } from './signature.js';
import { isUsableSecret, makeSecret } from './webhook-secret.js';

const body = JSON.stringify({ event: 'task.created', data: { title: 'Größe "1"\n' } });
const id = '019fb100-0000-7000-8000-000000000001';
const now = () => Math.floor(Date.now() / 1000);
const headers = (secrets: string[]) => {
  const timestamp = now();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignature(secrets, id, timestamp, body),
  };
};

/** As GitHub's guide writes it for receivers. */
function verifiesLikeGitHub(secret: string, header: string, raw: string): boolean {
  const expected = Buffer.from(
    `sha256=${createHmac('sha256', Buffer.from(secret, 'utf8')).update(raw, 'utf8').digest('hex')}`,
  );
  const given = Buffer.from(header);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

describe('webhook-signature', () => {
  test('is accepted by the standardwebhooks package', () => {
    const secret = makeSecret();
    expect(new StandardWebhook(secret).verify(body, headers([secret]))).toEqual(JSON.parse(body));
  });

  test('is refused with another secret or another body', () => {
    const secret = makeSecret();
    expect(() => new StandardWebhook(makeSecret()).verify(body, headers([secret]))).toThrow(
      'No matching signature',
    );
    expect(() => new StandardWebhook(secret).verify(`${body} `, headers([secret]))).toThrow(
      'No matching signature',
    );
  });

  test('uses a given secret unchanged', () => {
    const judge = new StandardWebhook('not base64 at all!', { format: 'raw' });
    expect(judge.verify(body, headers(['not base64 at all!']))).toEqual(JSON.parse(body));
  });

  test('contains a signature of each secret during a rotation', () => {
    const [fresh, old] = [makeSecret(), makeSecret()];
    const sent = headers([fresh, old]);
    expect(sent['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of [fresh, old])
      expect(new StandardWebhook(secret).verify(body, sent)).toEqual(JSON.parse(body));
  });
});

describe('X-Signature-256', () => {
  test('is accepted by a verification written for GitHub', () => {
    for (const secret of [makeSecret(), 'plain secret', 'geheim €']) {
      expect(verifiesLikeGitHub(secret, bodySignature(secret, body), body)).toBe(true);
      expect(verifiesLikeGitHub(secret, bodySignature(`${secret}x`, body), body)).toBe(false);
    }
  });

  test("matches the example in GitHub's documentation", () => {
    expect(bodySignature("It's a Secret to Everybody", 'Hello, World!')).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
  });
});

describe('secrets', () => {
  test('that are generated have the prefix and 32 random bytes', () => {
    const secret = makeSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(makeSecret()).not.toBe(secret);
    expect(isUsableSecret(secret)).toBe(true);
  });

  test('with the prefix must be valid base64', () => {
    for (const secret of ['whsec_', 'whsec_!!!!', 'whsec_abc', 'whsec_abcde'])
      expect(isUsableSecret(secret)).toBe(false);
    for (const secret of ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_YQ==', 'anything'])
      expect(isUsableSecret(secret)).toBe(true);
  });
});
