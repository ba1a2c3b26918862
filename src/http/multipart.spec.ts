import { Busboy } from '@fastify/busboy';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { parseMultipart, UploadedFile } from './multipart.js';

const headers = { 'content-type': 'multipart/form-data; boundary=x' };

test('texts and a file are read', async () => {
  const body = [
    '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
    '--x\r\nContent-Disposition: form-data; name="file"; filename="dir/f.txt"\r\nContent-Type: Text/Plain; charset=utf-8\r\n\r\nbytes\r\n--x--\r\n',
  ].join('');
  const { a, file } = await parseMultipart(headers, Buffer.from(body));
  expect(a).toBe('1');
  expect(file).toBeInstanceOf(UploadedFile);
  expect(file).toMatchObject({ name: 'f.txt', mediaType: 'text/plain', size: 5 });
});

test('the rest of a body with too many parts is not read', async () => {
  const write = vi.spyOn(Busboy.prototype, 'write');
  const body = Buffer.alloc(1024 * 1024, '--x\r\n\r\n\r\n');
  await expect(parseMultipart(headers, body)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  const written = write.mock.calls.length;
  // in as many turns as the rest would take
  for (let turn = 0; turn < 70; turn += 1) await delay(1);
  expect(write.mock.calls.length).toBe(written);
  write.mockRestore();
});
