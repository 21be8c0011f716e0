// Package frameworks shows webhooks received with the standard mux, chi and gin, in examples that are executed. Any other
// framework that takes an http.Handler, or a func(http.Handler) http.Handler, does it the same way: echo with
// echo.WrapHandler and echo.WrapMiddleware, fiber with its adaptor.HTTPHandler and adaptor.HTTPMiddleware.
package frameworks
