import { beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../common/errors.js';
import { ReceivedBytes, type Received } from './received-bytes.js';

let all: ReceivedBytes;
let refused: [body: string, code: string][];
beforeEach(() => {
  all = new ReceivedBytes({ perOwner: 100, inAll: 250, always: 10 });
  refused = [];
});

/** A body that has begun to arrive. */
function receive(owner: string, name: string, bytes: number): Received {
  const body = all.open(owner);
  body.onRefused = (error: AppError) => refused.push([name, error.code]);
  body.add(bytes);
  return body;
}

test('above the limit, the largest incomplete body of the user with the most bytes is refused', () => {
  receive('a', 'small', 20);
  receive('a', 'large', 60);
  expect(refused).toEqual([]);
  const newest = receive('a', 'newest', 30);
  expect(refused).toEqual([['large', 'RATE_LIMIT_EXCEEDED']]);
  newest.add(49);
  expect(refused).toHaveLength(1);
});

test('many small bodies are limited for each user, too', () => {
  for (let index = 0; index < 12; index += 1) receive('a', `${index}`, 9);
  expect(refused).toEqual([['11', 'RATE_LIMIT_EXCEEDED']]);
});

describe('above the total limit', () => {
  beforeEach(() => {
    receive('a', 'a', 90);
    receive('b', 'b', 95);
    receive('c', 'c', 60);
  });

  test('the largest body of the user with the most bytes is refused, and not the new one', () => {
    receive('d', 'd', 30);
    expect(refused).toEqual([['b', 'SYSTEM_OVERLOADED']]);
    receive('e', 'e', 70);
    expect(refused).toHaveLength(1);
  });

  test('a complete body is not refused, nor a small one that is alone', () => {
    for (const owner of ['d', 'e', 'f']) receive(owner, owner, 5).complete();
    expect(refused).toEqual([['b', 'SYSTEM_OVERLOADED']]);
    const held = receive('g', 'g', 84);
    held.complete();
    receive('h', 'h', 9);
    expect(refused).toEqual([
      ['b', 'SYSTEM_OVERLOADED'],
      ['a', 'SYSTEM_OVERLOADED'],
    ]);
  });

  test('the bytes of a closed connection are no longer counted', () => {
    const body = receive('d', 'd', 4);
    body.close();
    body.close();
    body.add(1000);
    receive('e', 'e', 4);
    expect(refused).toEqual([]);
  });
});
