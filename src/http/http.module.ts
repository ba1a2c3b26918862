import { Global, Module } from '@nestjs/common';
import { ConnectionStats } from '../common/connection-stats.js';
import { RequestStats } from './request-stats.js';
import { UnreadAnswers } from './unread-answers.js';
import { UnreadBytes } from './unread-bytes.js';

const counts = [ConnectionStats, RequestStats, UnreadAnswers, UnreadBytes];

/** What this process counts of itself. */
@Global()
@Module({ providers: counts, exports: counts })
export class StatsModule {}
