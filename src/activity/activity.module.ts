import { Global, Module } from '@nestjs/common';
import { ActivityLog } from './activity-log.js';
import { SystemAlerts } from './system-alerts.js';

/** Global because every room that writes records what it wrote. */
@Global()
@Module({ providers: [ActivityLog, SystemAlerts], exports: [ActivityLog, SystemAlerts] })
export class ActivityModule {}
