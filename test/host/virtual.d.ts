// The build replaces this module by an import of every test/host/*.test.ts.
declare module 'virtual:host-tests';
