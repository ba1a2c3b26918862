import { Global, Module } from '@nestjs/common';
import { ActivityLog } from './activity-log.js';

/** Global because every room that writes records what it wrote. */
@Global()
@Module({ providers: [ActivityLog], exports: [ActivityLog] })
export class ActivityModule {}
