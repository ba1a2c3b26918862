import { Injectable } from '@nestjs/common';

/** The clock that schedules go by; tests have one of their own. */
@Injectable()
export class ScheduleClock {
  /** The ms since 1970. */
  now(): number {
    return Date.now();
  }
}
