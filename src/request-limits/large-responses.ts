import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { networkOf } from '../common/network.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import type { InTurn } from '../http/json-text.js';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';

/** Each that waits holds what it will answer. */
const line = { perUser: 8, inAll: 64, patienceMs: 10_000 };

/** Large answers are written one after the other, users in turn: others are served between two slices of one, and not of all. */
@Injectable()
export class LargeResponses {
  private readonly turns = new TurnsPerUser({ perUser: 1, inAll: 1 }, line);

  turnOf({ user, ip }: ActorRequest, { raw }: FastifyReply): InTurn {
    return (work) => this.turns.take(user?.id ?? networkOf(ip), work, closedSignal(raw));
  }
}
