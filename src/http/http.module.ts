import { Global, Module } from '@nestjs/common';
import { ConnectionStats } from '../common/connection-stats.js';
import { RequestStats } from './request-stats.js';
import { RequestTurns } from './request-turns.js';
import { UnreadAnswers } from './unread-answers.js';
import { UnreadBytes } from './unread-bytes.js';

const services = [ConnectionStats, RequestStats, RequestTurns, UnreadAnswers, UnreadBytes];

/** What bounds and counts the requests and connections of this process. */
@Global()
@Module({ providers: services, exports: services })
export class HttpModule {}
