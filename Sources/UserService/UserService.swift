// UserService
