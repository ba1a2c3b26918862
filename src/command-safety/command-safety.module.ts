import { Module } from '@nestjs/common';
import { CommandSafety } from './command-safety.js';

/** Detects destructive shell commands. */
@Module({ providers: [CommandSafety], exports: [CommandSafety] })
export class CommandSafetyModule {}
