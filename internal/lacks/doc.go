// Package lacks has the tests of programs that run where something of Linux is missing:
// /proc, /dev, memfd_create, a folder that can be written to. Each test starts this very
// program in namespaces of its own, takes things away there, and looks what process pools
// and shared memory say. That takes root, or namespaces that any user may make, so the
// tests are built only with the tag asyncgo_lacks; .ci/run has a step for them.
package lacks
