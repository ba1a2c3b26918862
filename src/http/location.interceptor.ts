import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { LOCATION } from './endpoint.js';

/** Sets `Location` to the URL of the created resource (RFC 9110 §10.2.2), from the path that the route declares. */
export class LocationInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const path = Reflect.getMetadata(LOCATION, context.getHandler()) as string | undefined;
    if (path === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const setLocation = (data: Record<string, unknown>) => {
      void reply.header(
        'Location',
        path.replaceAll(/\{(\w+)\}/g, (_, field: string) => String(data[field])),
      );
      return data;
    };
    return next.handle().pipe(map(setLocation));
  }
}
