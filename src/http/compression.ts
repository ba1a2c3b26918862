import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { constants } from 'node:zlib';

/** Less than this travels in a few packets, whatever is done to it. */
const leastBytes = 8 * 1024;
/** What is larger is sent as it is: 13 MB keep one of the few threads busy for 0.3 s, which those need who start commands, too. */
const mostBytes = 1024 * 1024;
/** What is made as a whole. Streams are left out: a compressor holds back what a reader of a live output waits for. */
const types = /^(application\/json|text\/(html|css|javascript)|application\/javascript|image\/svg\+xml)\b/;

/** Compresses large answers for clients that take it, in a thread, so that nobody else waits for it. */
export async function compressAnswers(server: FastifyInstance): Promise<void> {
  server.addHook('onSend', (request, _reply, payload, done) => {
    if (Buffer.isBuffer(payload) && payload.length > mostBytes) request.headers['x-no-compression'] = 'true';
    done(null, payload);
  });
  await server.register(compress, {
    threshold: leastBytes,
    customTypes: (type: string) => types.test(type),
    encodings: ['br', 'gzip'],
    // the best quality, which is the default, takes a hundred times as long for a tenth less
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    globalDecompression: false,
  });
}
