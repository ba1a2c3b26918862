import { Injectable } from '@nestjs/common';

interface Second {
  at: number;
  requests: number;
  failures: number;
  milliseconds: number;
}

const windowSeconds = 60;

/** Counts the responses of the last minute, in buckets of a second. */
@Injectable()
export class RequestStats {
  private readonly seconds: Second[] = [];

  /** @param milliseconds the time from the request's arrival until its response has left */
  count(status: number, milliseconds: number): void {
    const at = Math.floor(Date.now() / 1000);
    let last = this.seconds.at(-1);
    if (last?.at !== at) {
      last = { at, requests: 0, failures: 0, milliseconds: 0 };
      this.seconds.push(last);
      while ((this.seconds[0]?.at ?? at) <= at - windowSeconds) this.seconds.shift();
    }
    last.requests += 1;
    last.milliseconds += milliseconds;
    if (status >= 500) last.failures += 1;
  }

  get lastMinute(): { requests: number; averageMs: number | null; errorRate: number } {
    const since = Math.floor(Date.now() / 1000) - windowSeconds;
    const total = { requests: 0, failures: 0, milliseconds: 0 };
    for (const second of this.seconds) {
      if (second.at <= since) continue;
      total.requests += second.requests;
      total.failures += second.failures;
      total.milliseconds += second.milliseconds;
    }
    const { requests, failures, milliseconds } = total;
    return {
      requests,
      averageMs: requests === 0 ? null : milliseconds / requests,
      errorRate: requests === 0 ? 0 : failures / requests,
    };
  }
}
