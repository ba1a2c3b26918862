import { Global, Module } from '@nestjs/common';
import { LargeAnswers } from './large-answers.js';
import { RequestTurns } from './request-turns.js';
import { UnreadAnswers } from './unread-answers.js';
import { UnreadBytes } from './unread-bytes.js';

const services = [LargeAnswers, RequestTurns, UnreadAnswers, UnreadBytes];

/** What a user's requests and connections may take of this process at once. */
@Global()
@Module({ providers: services, exports: services })
export class RequestLimitsModule {}
