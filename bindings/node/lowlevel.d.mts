export * from './lowlevel.js'
