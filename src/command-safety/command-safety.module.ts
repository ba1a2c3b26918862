import { Module } from '@nestjs/common';
import { SafetyChecks } from './safety-checks.js';

/** Detects destructive shell commands. */
@Module({ providers: [SafetyChecks], exports: [SafetyChecks] })
export class CommandSafetyModule {}
