import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { LiveOutputs } from './live-outputs.js';
import { OutputHttp } from './output-http.js';
import { OutputReader } from './output-reader.js';
import { OutputRetention } from './output-retention.js';
import { OutputSearchService } from './output-search.js';
import { OutputWaiter } from './output-waiter.js';
import { StoredOutputReader } from './stored-output-reader.js';
import { OutputWatch } from './output-watch.js';

/** The byte log of each execution: stored segments, live frames, and those who read them. */
@Module({
  imports: [AuthModule, ExecutionsModule],
  providers: [
    LiveOutputs,
    OutputHttp,
    OutputReader,
    OutputRetention,
    OutputSearchService,
    OutputWaiter,
    StoredOutputReader,
    OutputWatch,
  ],
  exports: [OutputHttp, OutputReader, OutputRetention, OutputSearchService, OutputWaiter],
})
export class OutputModule {}
