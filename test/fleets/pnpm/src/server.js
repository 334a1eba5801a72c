import { createServer } from "node:http";

// Answers every request, which is all that its health check asks for.
createServer((_request, response) => response.end("Welcome.\n")).listen(8080);
