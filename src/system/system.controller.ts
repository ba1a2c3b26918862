import { Body, Controller, Delete, Get, Post } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import {
  announceMaintenanceSchema,
  maintenanceSchema,
  systemInfoSchema,
  type AnnounceMaintenance,
} from './system.schema.js';
import { SystemService } from './system.service.js';

@Controller('api/system')
export class SystemController {
  constructor(private readonly system: SystemService) {}

  @Get('info')
  @Endpoint({
    access: 'read',
    summary: 'Show version, features and limits',
    description: 'What this installation can do, for clients that adapt to it.',
    response: systemInfoSchema,
  })
  info() {
    return this.system.info();
  }

  @Get('maintenance')
  @Endpoint({
    access: 'read',
    summary: 'Show the announced maintenance',
    description: 'The one that lasts or comes next; null when there is none.',
    response: maintenanceSchema,
  })
  getMaintenance() {
    return this.system.current();
  }

  @Post('maintenance')
  @Endpoint({
    access: 'admin',
    summary: 'Announce maintenance',
    description:
      'While it lasts nothing starts, and changes by others than administrators are answered SYSTEM_MAINTENANCE.',
    response: maintenanceSchema,
    errors: ['VALIDATION_ERROR'],
  })
  announceMaintenance(
    @CurrentActor() actor: Actor,
    @Body({ schema: announceMaintenanceSchema }) body: AnnounceMaintenance,
  ) {
    return this.system.announce(actor, body);
  }

  @Delete('maintenance')
  @Endpoint({
    access: 'admin',
    summary: 'End or call off the maintenance',
    description: 'Also one that has not begun.',
    response: maintenanceSchema,
  })
  endMaintenance(@CurrentActor() actor: Actor) {
    return this.system.end(actor);
  }
}
