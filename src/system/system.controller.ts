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
    description: 'Returns the features and limits of this installation, for clients that adapt to it.',
    response: systemInfoSchema,
  })
  info() {
    return this.system.info();
  }

  @Get('maintenance')
  @Endpoint({
    access: 'read',
    summary: 'Show the announced maintenance',
    description: 'Returns the current or next maintenance; null when there is none.',
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
      'During the maintenance no execution starts, and changes by users other than administrators are refused with SYSTEM_MAINTENANCE.',
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
    summary: 'End or cancel the maintenance',
    description: 'Also cancels a maintenance that has not begun.',
    response: maintenanceSchema,
  })
  endMaintenance(@CurrentActor() actor: Actor) {
    return this.system.end(actor);
  }
}
