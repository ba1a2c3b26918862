import { Controller, Get, Post } from '@nestjs/common';
import type { Actor } from '../../common/permissions.js';
import { Endpoint } from '../../http/endpoint.js';
import { CurrentActor } from '../../http/request.js';
import { doctorFixSchema, doctorReportSchema } from './doctor.schema.js';
import { DoctorService } from './doctor.service.js';

@Controller('api/system/doctor')
export class DoctorController {
  constructor(private readonly doctors: DoctorService) {}

  @Get()
  @Endpoint({
    access: 'admin',
    summary: 'Check the installation',
    description:
      'Compares kept counts with what is there, and looks at the search index, the queue, leases, orphans, migrations, the clock and the disk. Changes nothing, takes up to half a minute, and only one can be at work at a time. A check that takes too long is `skipped`.',
    response: doctorReportSchema,
    errors: ['RESOURCE_IN_USE'],
    // it has a connection of its own
    waits: true,
  })
  doctor() {
    return this.doctors.examine();
  }

  @Post('fix')
  @Endpoint({
    access: 'admin',
    summary: 'Mend what the checks find',
    description:
      'Mends what is safe to mend while others work, records it in the activity, and checks again. Works for up to a minute; what is left then is mended by the next call.',
    response: doctorFixSchema,
    errors: ['RESOURCE_IN_USE'],
    waits: true,
  })
  doctorFix(@CurrentActor() actor: Actor) {
    return this.doctors.fix(actor);
  }
}
