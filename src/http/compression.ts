import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { constants } from 'node:zlib';

/** Smaller responses are not compressed, since they fit a few packets anyway. */
const minBytes = 8 * 1024;
/** Larger responses are not compressed: 13 MB keep a thread of libuv's small pool busy for 0.3 s, which starting commands needs, too. */
const maxBytes = 1024 * 1024;
/** Types of responses that are sent as a whole. Streams are excluded, since a compressor would hold back live output. */
const types = /^(application\/json|text\/(html|css|javascript)|application\/javascript|image\/svg\+xml)\b/;

/** Compresses large responses for clients that accept it, in a thread, so that the event loop is not blocked. */
export async function compressResponses(server: FastifyInstance): Promise<void> {
  server.addHook('onSend', (request, _reply, payload, done) => {
    if (Buffer.isBuffer(payload) && payload.length > maxBytes) request.headers['x-no-compression'] = 'true';
    done(null, payload);
  });
  await server.register(compress, {
    threshold: minBytes,
    customTypes: (type: string) => types.test(type),
    encodings: ['br', 'gzip'],
    // The best quality, which is the default, takes a hundred times as long and saves a tenth.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
    globalDecompression: false,
  });
}
