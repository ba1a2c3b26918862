import { Global, Module } from '@nestjs/common';
import { LargeResponses } from './large-responses.js';
import { RequestTurns } from './request-turns.js';
import { UnreadResponses } from './unread-responses.js';
import { UnreadBytes } from './unread-bytes.js';

const services = [LargeResponses, RequestTurns, UnreadResponses, UnreadBytes];

/**
 * Bounds what the requests and connections of a user may use of this process at once. How many requests a minute a user or a network may
 * send is limited in `auth` (`auth/request-rate-limit.ts`), since it depends on who sends them.
 */
@Global()
@Module({ providers: services, exports: services })
export class RequestLimitsModule {}
